"""How many rows a stage reads, counted in the files where these are the user's, without importing anything heavy."""

import csv
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from xh.data.locate import located, own_sources
from xh.data.reshape import reshaped
from xh.spec import Files, Hub, Locations, MissingError, Stage, TaskSpec
from xh.spec.data import DataSplit, Source
from xh.spec.kinds import facts
from xh.spec.stage import limited
from xh.spec.task import HELD_OUT


class Rows:
    """Counts what the stages of one plan read; a split that several read is counted once."""

    def __init__(self, locations: Locations) -> None:
        self.locations = locations
        self._counted: dict[tuple[DataSplit, str], int | None] = {}

    def of(self, stage: Stage) -> dict[str, int] | None:
        """The rows that a stage trains on, tests or represents, by task; None where they can't be known yet."""
        inputs, split = stage.inputs, stage.inputs.split
        limits = {"evaluate": inputs.limit_eval, "represent": inputs.recipe.get("rows")}
        limit = limits.get(stage.phase, inputs.limit_train)
        parts = {part.name: part for part in inputs.task.members}
        counts_by_task: dict[str, int] = {}
        for data, identity in inputs.identities.items():
            if data.split == split and data.task in parts:
                there = self._count(parts[data.task], data, identity)
                if there is None:
                    return None
                counts_by_task[data.task] = counts_by_task.get(data.task, 0) + limited(there, limit)
        return counts_by_task

    def _count(self, task: TaskSpec, data: DataSplit, identity: str) -> int | None:
        if (data, identity) not in self._counted:
            self._counted[data, identity] = count(task, data.split, data.lang, self.locations)
        return self._counted[data, identity]


def count(task: TaskSpec, split: str, lang: str, locations: Locations) -> int | None:
    """The rows of one split in one language: the official number of what the Hub has, else those in the files.

    None where that takes more than counting: lines of text, of which repeated ones are dropped, and files that only a
    reader of the task's own understands.
    """
    if not _local(task, split, lang, locations):
        return task.official_rows(split, lang)
    if facts(task.kind).text:
        return None
    counts = [_counted(path, source, lang) for source, paths in located(task, split, lang, locations) for path in paths]
    known = [found for found in counts if found is not None]
    if len(known) < len(counts):
        return None
    held_out = sum(known) // HELD_OUT if task.shares_train else 0
    return held_out if split == "dev" and task.shares_train else sum(known) - held_out


def _local(task: TaskSpec, split: str, lang: str, locations: Locations) -> bool:
    packaged = any(isinstance(source, Files) and source.package for source in task.sources_of(split, lang))
    return packaged or locations.data is not None or bool(own_sources(task, split, lang, locations))


def _counted(path: Path, source: Source, lang: str) -> int | None:
    """The rows in a file that the task takes."""
    if path.suffix not in READERS or (isinstance(source, Files) and source.reader):
        return None
    row, rows = (source.row, source.rows) if isinstance(source, Hub) else (None, None)
    state = path.stat()
    return _taken(path, row, rows, lang if row or rows else "", state.st_mtime_ns) if state.st_size else 0


@cache
def _taken(path: Path, row: str | None, rows: str | None, lang: str, changed: int) -> int | None:
    """An unchanged file is counted once per process."""
    footer, read = READERS[path.suffix]
    try:
        if not (row or rows):
            return footer(path)
        return len(reshaped(read(path), lang, row, rows)) if read else None
    except (ValueError, KeyError, csv.Error) as error:
        why = f"{type(error).__name__}: {str(error).strip()[:200]}"
        todo = "The file is damaged or in another format; fetch it again."
        raise MissingError(f"{path} can't be read.", why=why, todo=todo) from error


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in filter(bytes.strip, file))


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        yield from map(json.loads, filter(bytes.strip, file))


def _footer(path: Path) -> int:
    from pyarrow.parquet import read_metadata

    with path.open("rb") as file:
        count: int = read_metadata(file).num_rows
        return count


def _table(path: Path) -> Iterator[dict[str, Any]]:
    from pyarrow.parquet import ParquetFile

    with path.open("rb") as file:
        for batch in ParquetFile(file).iter_batches():
            yield from batch.to_pylist()


def _records(path: Path) -> int:
    """The lines of a CSV or TSV file that are not blank, but the first; one within quotes is no end of a row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(map(bool, csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))) - 1


READERS: dict[str, tuple[Callable[[Path], int], Callable[[Path], Iterator[dict[str, Any]]] | None]] = {
    ".jsonl": (_lines, _objects),
    ".parquet": (_footer, _table),
    ".csv": (_records, None),
    ".tsv": (_records, None),
}
"""By a file's ending: what counts its rows, and what reads them, where they come with their types."""
