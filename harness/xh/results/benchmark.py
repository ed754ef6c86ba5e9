"""What a benchmark consists of, read from benchmarks.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from xh.spec import UsageError

TABLE = Path(__file__).with_name("benchmarks.toml")


class Task(Struct, frozen=True, forbid_unknown_fields=True):
    """A task: the ``name`` of its folder, how its files are read and scored, and its languages, all of them needed.

    ``entry`` is a regular expression for a line, in words ``expected``; ``{lang}`` in it is the file's language.
    ``metric`` names the rules by which answers are scored, where they have others than SQuAD v1.1's.
    """

    name: str
    format: str
    languages: tuple[str, ...]
    entry: str = ""
    expected: str = ""
    metric: str = ""


class Benchmark(Struct, frozen=True, forbid_unknown_fields=True):
    """Tasks and groups of tasks in the order of the official output; ``elsewhere``: tasks that are not scored here."""

    name: str
    title: str
    tasks: tuple[Task, ...]
    groups: dict[str, tuple[str, ...]]
    elsewhere: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The folders of all its tasks, those that are not scored here behind."""
        return (*(task.name for task in self.tasks), *self.elsewhere)


@cache
def benchmarks() -> dict[str, Benchmark]:
    """All benchmarks by name."""
    tables = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: msgspec.convert({**table, **_named(name, table)}, Benchmark) for name, table in tables.items()}


def benchmark(name: str) -> Benchmark:
    """The benchmark of this name; UsageError if there is none."""
    known = benchmarks()
    if name not in known:
        raise UsageError(f"There is no benchmark {name!r}.", todo=f"Known are {', '.join(known)}.")
    return known[name]


def _named(name: str, table: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "tasks": [{"name": task, **fields} for task, fields in table["tasks"].items()]}
