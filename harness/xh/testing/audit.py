"""Whether the data are what a task's record says: splits, languages, columns, labels, numbers of rows."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from msgspec import Struct

from xh.data import fetch
from xh.data.locate import locate, located, own_sources
from xh.data.patterns import origin
from xh.kinds.base import kind_of
from xh.plan.inventory import readable, remote
from xh.plugins.manager import reason
from xh.plugins.registry import Registry
from xh.spec import Hub, Locations, MissingError, TaskSpec, XhError
from xh.spec.data import DataSplit
from xh.spec.examples import Examples
from xh.spec.kinds import facts
from xh.stage.labels import named
from xh.stage.load import load_columns

State = Literal["ok", "subset", "missing", "different", "private"]


class Finding(Struct, frozen=True):
    """One split in one language.

    ``subset``: all is as the record says but the number of rows, and the data are a folder that may well hold a part.
    ``private``: the data can't be downloaded, so they are not on the Hub. ``official``: rows that the record says.
    """

    task: str
    split: str
    lang: str
    state: State
    rows: int | None = None
    official: int | None = None
    problem: str = ""


def audit(registry: Registry, tasks: list[TaskSpec], locations: Locations) -> Iterator[list[Finding]]:
    """Read all that the tasks name and compare; yields the findings of each task. What the Hub has is fetched first."""
    return (_findings(registry, task, locations) for task in tasks)


def _findings(registry: Registry, task: TaskSpec, locations: Locations) -> list[Finding]:
    needs = readable(task)
    reach = locations.data is None and not locations.offline
    problems = fetch.bring(remote(needs, {task.name: task}, locations)) if reach else {}
    return [_finding(registry, task, need, locations, problems) for need in needs]


def _finding(
    registry: Registry, task: TaskSpec, need: DataSplit, locations: Locations, problems: dict[str, str]
) -> Finding:
    def found(state: State, problem: str = "", rows: int | None = None) -> Finding:
        return Finding(need.task, need.split, need.lang, state, rows, official, problem.removeprefix(f"{need}: "))

    official = task.official_rows(need.split, need.lang)
    users = locations.data is not None or bool(own_sources(task, need.split, need.lang, locations))
    sources = task.sources_of(need.split, need.lang)
    if not users and not all(map(fetch.public, filter(fetch.distant, sources))):
        return found("private", fetch.PRIVATE)
    try:
        locate(task, need.split, need.lang, locations)
    except MissingError as error:
        causes = (problems.get(origin(source, need.split, need.lang)) for source in sources)
        return found("missing", next(filter(None, causes), error.what))
    try:
        check_classes(task, need, locations)
        rows = _count(registry, task, need, locations)
    except Exception as error:
        return found("different", error.what if isinstance(error, XhError) else reason(error))
    if official is None or rows == official:
        return found("ok", rows=rows)
    if users and rows < official:
        return found("subset", rows=rows)
    return found("different", f"{rows:,} rows instead of {official:,}", rows)


def _count(registry: Registry, task: TaskSpec, need: DataSplit, locations: Locations) -> int:
    """The examples of a split, as a score counts them; raises if they do not fit the task's kind."""
    columns = load_columns(registry, locations, task, need.split, need.lang)
    if (column := facts(task.kind).labels_in) and not task.labels:
        task = named(task, chain(*columns[column]))
    kind = kind_of(task)
    return kind.count(Examples(kind.check(columns, task, str(need)), str(need), need.lang))


def check_classes(task: TaskSpec, need: DataSplit, locations: Locations) -> None:
    """Raise if the class names of a parquet file are not the record's labels in their order."""
    for source, paths in located(task, need.split, need.lang, locations) if task.labels else ():
        path = paths[0]
        names = _classes(path, task.label_column)
        if names is not None and isinstance(source, Hub) and tuple(names) != task.labels:
            raise MissingError(
                f"{path}: the classes of {task.label_column} are {', '.join(names)}, not {', '.join(task.labels)}"
            )


def _classes(path: Path, column: str) -> list[str] | None:
    if path.suffix != ".parquet":
        return None
    from datasets import Features
    from pyarrow.parquet import read_schema

    with path.open("rb") as file:
        feature = Features.from_arrow_schema(read_schema(file)).get(column)
    names = getattr(getattr(feature, "feature", feature), "names", None)
    return list(names) if names is not None else None
