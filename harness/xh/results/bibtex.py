"""What to cite: the papers of tasks, of the benchmark and of the method, and xh itself, as BibTeX."""

import re
from collections.abc import Iterable, Iterator, Mapping

from xh.results.texts import plain
from xh.spec import TaskSpec
from xh.version import __version__

ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
AUTHORS = re.compile(
    r"(?P<first>[^\W\d_][\w'-]*)(?P<others> et al\.)?(?: and (?P<second>[^\W\d_][\w'-]*))? (?P<year>\d{4})\b"
)
UNSAFE = re.compile(r"[\\{}%$#&_~^\"`@]")
"""What BibTeX or LaTeX would read as something else."""

KNOWN: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "hu2020",
        {
            "author": "Hu, Junjie and Ruder, Sebastian and Siddhant, Aditya and Neubig, Graham and Firat, Orhan and "
            "Johnson, Melvin",
            "title": "{XTREME}: A Massively Multilingual Multi-task Benchmark for Evaluating Cross-lingual "
            "Generalization",
            "year": "2020",
            "eprint": "2003.11080",
            "archiveprefix": "arXiv",
        },
    ),
    (
        "phang2020",
        {
            "author": "Phang, Jason and Calixto, Iacer and Htut, Phu Mon and Pruksachatkun, Yada and Liu, Haokun and "
            "Vania, Clara and Kann, Katharina and Bowman, Samuel R.",
            "title": "English Intermediate-Task Training Improves Zero-Shot Cross-Lingual Transfer Too",
            "year": "2020",
            "eprint": "2005.13013",
            "archiveprefix": "arXiv",
        },
    ),
    ("xh", {"author": "{xh maintainers}", "title": "xh", "note": f"Version {__version__}"}),
)
"""What every report rests on."""


def bibtex(tasks: Iterable[TaskSpec]) -> str:
    """An entry for each paper that a task's record cites, after those of the benchmark, the method and xh."""
    entries = dict(KNOWN)
    notes = {}
    for text in dict.fromkeys(part.strip() for task in tasks for part in task.citation.split(";")):
        if text and text not in notes:
            notes[text] = _free(_key(text), entries)
            entries[notes[text]] = dict(_fields(text))
    return "\n".join(_entry(key, fields) for key, fields in entries.items())


def _key(text: str) -> str:
    found = AUTHORS.search(text)
    return found["first"].lower() + found["year"] if found else "-".join(re.findall(r"\w+", text.lower())[:3]) or "task"


def _free(key: str, taken: Mapping[str, object]) -> str:
    letters = ("", *"bcdefghijklmnopqrstuvwxyz")
    return next((key + letter for letter in letters if key + letter not in taken), f"{key}-{len(taken)}")


def _fields(text: str) -> Iterator[tuple[str, str]]:
    if authors := AUTHORS.search(text):
        others = authors["second"] or ("others" if authors["others"] else None)
        yield "author", " and ".join(filter(None, (authors["first"], others)))
        yield "year", authors["year"]
    yield "note", UNSAFE.sub("", plain(text))
    if arxiv := ARXIV.search(text):
        yield "eprint", arxiv[1]
        yield "archiveprefix", "arXiv"


def _entry(key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
