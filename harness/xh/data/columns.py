"""The columns of a user's files, from their first lines or footers, held against what a task needs."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from xh.spec import TaskSpec
from xh.spec.data import Source
from xh.spec.errors import UNPARSABLE
from xh.spec.kinds import facts


def lacking(task: TaskSpec, source: Source, paths: list[Path]) -> Iterator[str]:
    """Each file that lacks columns, and which; none of those that code of the task's own makes over."""
    if facts(task.kind).text or source.function:
        return
    needed = facts(task.kind).needed(task.columns).values()
    for path in paths:
        there = _columns(path)
        if there and (absent := [name for name in needed if name not in there]):
            yield f"{path} has no column {', '.join(absent)}; it has {', '.join(there)}"


def _columns(path: Path) -> list[str]:
    """The names of a file's columns; none where the file is empty, or can't be read, as reading it will say."""
    try:
        return list(READERS[path.suffix](path)) if path.suffix in READERS else []
    except (OSError, csv.Error, *UNPARSABLE):
        return []


def _of_parquet(path: Path) -> list[str]:
    from pyarrow.parquet import read_schema

    with path.open("rb") as file:
        names: list[str] = read_schema(file).names
        return names


def _of_lines(path: Path) -> list[str]:
    """The columns of the first row; a later row may have more."""
    with path.open("rb") as file:
        row = json.loads(next(filter(bytes.strip, file), b"{}"))
    return list(row) if isinstance(row, dict) else []


def _of_table(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","), [])


READERS = {".parquet": _of_parquet, ".jsonl": _of_lines, ".csv": _of_table, ".tsv": _of_table}
