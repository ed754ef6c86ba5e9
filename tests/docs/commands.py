"""The commands that the documents show, as a user would type them.

A command is a line of a code block, or a span of inline code, that begins with ``xh`` (after a prompt, variables or a
launcher) and says more than a command's name. Options that stand alone, as in a table of what to add, belong to the
command before them. A line with ``[`` is a synopsis.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
BEFORE = re.compile(r"^(?:\w*\$ +)?(?:[A-Z_]+=\S+ +)?(?:srun [^|]*? )?(?:accelerate launch [^|]*? -m )?(?=xh )")
SAME = re.compile(r"…(?:the same…)?")
SHELL = ("", "console", "bash", "sh")
"""The languages of code blocks that are typed into a terminal."""


class Example(NamedTuple):
    """A command, or options that stand alone, with the document that shows it."""

    document: str
    text: str


def examples() -> list[Example]:
    """All of them, each once a document."""
    return list(dict.fromkeys(Example(name, text) for name in DOCUMENTS for text in _texts(ROOT / name)))


def _texts(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for language, block in FENCED.findall(text):
        if language in SHELL:
            lines = (part for line in block.splitlines() for part in line.split(" && "))
            yield from (line for line in map(_command, lines) if line.startswith("xh "))
    for span in INLINE.findall(FENCED.sub("", text)):
        line = _command(" ".join(span.split()))
        if line.startswith(("xh ", "--")) and len(line.split()) > (2 if line.startswith("xh") else 1):
            yield line


def _command(line: str) -> str:
    """What is typed: without prompt, launcher and comment; nothing for a synopsis."""
    line = BEFORE.sub("", line.strip()).partition("  #")[0]
    return "" if "[" in line else " ".join(line.split())


def words(text: str, base: str) -> list[str]:
    """The words of an example; ``base`` is what ``…`` and options that stand alone go on from."""
    if text.startswith("--"):
        text = f"{base} {text}"
    elif "…" in text:
        text = SAME.sub(base.partition(" run ")[2], text, count=1)
    return shlex.split(text)[1:]
