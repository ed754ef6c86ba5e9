"""Some of a task's rows, for ``xh show``."""

from itertools import product
from typing import Any

import msgspec
from msgspec import Struct

from xh.cli.output import columns
from xh.data.locate import locate
from xh.data.places import Places, reading
from xh.plugins import Registry
from xh.spec import Locations, MissingError, TaskSpec
from xh.spec.train_languages import train_language

WIDTH = 100
SPLITS = {"target": ("test", "dev", "train"), "intermediate": ("train", "dev", "test")}


class Samples(Struct, frozen=True):
    """Some rows of a split, or why they are not to be had."""

    split: str
    lang: str
    data: str
    rows: list[dict[str, Any]]
    missing: str | None = None


def samples(registry: Registry, task: TaskSpec, lang: str | None, data: Places, count: int) -> Samples:
    """The first rows of the first split and language that is there, test data before others where it is a target."""
    locations = reading(data, registry, offline=True)
    splits = [split for split in SPLITS["target" if "target" in task.roles else "intermediate"] if split in task.splits]
    langs = (lang,) if lang else dict.fromkeys((train_language(task), *task.languages))
    choices = list(product(splits, langs))
    split, chosen = next((each for each in choices if _there(task, each, locations)), choices[0])
    try:
        return Samples(split, chosen, str(data), _rows(registry, task, split, chosen, locations, count))
    except MissingError as error:
        return Samples(split, chosen, str(data), [], error.what)


def _there(task: TaskSpec, place: tuple[str, str], locations: Locations) -> bool:
    try:
        return bool(locate(task, *place, locations))
    except MissingError:
        return False


def _rows(
    registry: Registry, task: TaskSpec, split: str, lang: str, locations: Locations, count: int
) -> list[dict[str, Any]]:
    if not count:
        return []
    from xh.stage.load import preview

    return preview(registry, task, split, lang, locations, count)


def page(found: Samples, task: TaskSpec) -> str:
    """The rows as text, with the names of labels that are numbers."""
    return found.missing or "\n\n".join(_sample(row, task) for row in found.rows)


def _sample(row: dict[str, Any], task: TaskSpec) -> str:
    return columns(
        [(key, _short(_named(value, task) if key == task.label_column else value)) for key, value in row.items()]
    )


def _named(value: Any, task: TaskSpec) -> Any:
    if isinstance(value, list):
        return [_named(each, task) for each in value]
    return task.labels[value] if isinstance(value, int) and 0 <= value < len(task.labels) else value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
