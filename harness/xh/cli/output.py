"""What several commands print alike. Results go to stdout, everything else to stderr."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from xh.plugins import Registry, registry
from xh.spec import StorageError, XhError
from xh.spec.data import DataSplit

STEERING = re.compile(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal, or turn the direction of what it shows."""


def warned_registry() -> Registry:
    """The registry; what was wrong with plugins goes to stderr, one line each."""
    found = registry()
    for warning in found.warnings:
        warn(warning)
    return found


def warn(text: str) -> None:
    """A line on stderr that something is less than was asked for."""
    click.echo(f"{click.style('Warning:', fg='yellow')} {visible(text)}", err=True)


def warn_left_out(splits: Iterable[DataSplit]) -> None:
    """One line that names the splits whose data are not there (``xh plan --json`` says which files were looked for)."""
    by_split: dict[str, list[str]] = {}
    for task, split, lang in splits:
        by_split.setdefault(f"{task} {split}", []).append(lang)
    if by_split:
        listed = "; ".join(f"{split} {', '.join(langs)}" for split, langs in by_split.items())
        warn(f"no data, so left out: {listed} (plan --json names the files)")


def warn_damaged(damaged: Mapping[str, Sequence[str]], runs: str, then: str = "left out") -> None:
    """One line on stderr that names the damaged stages of a store, with what is wrong with each."""
    if damaged:
        listed = ", ".join(f"{stage} ({'; '.join(problems)})" for stage, problems in damaged.items())
        warn(f"damaged, so {then}: {listed}. xh store verify --runs {runs} reads all files.")


def explain(error: XhError) -> None:
    """An expected failure on stderr: what, why, and what to do."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {visible(error.what)}", err=True)
    for text in filter(None, (error.why, error.todo)):
        click.echo(indented(visible(text)), err=True)


def visible(text: str) -> str:
    """A text whose control characters are shown as Python writes them; names of files may hold any."""
    return STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def echo_json(value: Any) -> None:
    """Records, dictionaries and lists as JSON on stdout."""
    click.echo(as_json(value), nl=False)


def as_json(value: Any) -> str:
    """Records, dictionaries and lists as indented JSON that ends a line."""
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:  # a path whose bytes are no text
        encoded = json.dumps(msgspec.to_builtins(value)).encode()
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def put(text: str, output: Path | None) -> None:
    """The result on stdout, or without colours in a file."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(click.unstyle(text), encoding="utf-8")
    except OSError as error:
        todo = "Give another file with -o."
        raise StorageError(f"{output} can't be written.", why=str(error), todo=todo) from error


def columns(rows: Iterable[Sequence[object]], header: Sequence[str] = (), right: Sequence[int] = ()) -> str:
    """Lines of aligned cells, two spaces between them; columns numbered in ``right`` are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*([list(header)] if header else []), *cells, strict=True)]
    lines = [click.style(_line(header, widths, right), dim=True)] if header else []
    return "\n".join([*lines, *(_line(row, widths, right) for row in cells)])


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if number in right else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def counted(stages: int) -> str:
    """``1 stage``, ``2 stages``."""
    return "1 stage" if stages == 1 else f"{stages} stages"


def heading(text: str) -> str:
    """A heading of a part of a page."""
    return click.style(text, bold=True)


def indented(text: str) -> str:
    """Every line two spaces further in."""
    return "\n".join(f"  {line}" for line in text.splitlines())
