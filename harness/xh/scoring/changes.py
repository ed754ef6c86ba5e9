"""The texts, gold and predictions of examples that changed between two arms, from the data and the stages' files."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from msgspec.structs import replace

from xh.data.places import Places
from xh.kinds.base import kind_of
from xh.plugins import Registry
from xh.results.change import Change
from xh.results.changes import MOST, against_baselines
from xh.results.comparison import Compared
from xh.results.intervals import Resampler
from xh.results.records import Results
from xh.scoring.labels import check_evaluated, evaluated_on
from xh.spec import MissingError, TaskSpec, XhError
from xh.spec.examples import Examples
from xh.stage.cache import StageCache
from xh.stage.labels import with_labels
from xh.stage.load import loader
from xh.store import Record, Store

C = TypeVar("C", bound=Change)
KEPT = 64
"""Evaluations in a language whose rows are held; there may be thousands."""
Show = Callable[[str, str, int], dict[str, str]]
"""What a stage's kind shows of an example in a language, by number."""


def with_examples(compared: Compared, store: Store, registry: Registry, data: Places) -> Compared:
    """The changes with their texts; where these are not to be had a note says what to type.

    ``data``: where the data lie, if not in the cache or the package.
    """
    changes, reasons = filled(compared.changes, store, registry, data)
    notes = (f"{reason}; name their data with --data, or leave them out with -n 0." for reason in reasons)
    return replace(compared, changes=tuple(changes), notes=tuple(dict.fromkeys((*compared.notes, *notes))))


def with_changes(
    results: Results, store: Store, registry: Registry, data: Places, count: int, warn: Callable[[str], None]
) -> Results:
    """Results with ``count`` lost and gained examples of each arm, target and language; ``warn`` is told what lacks."""
    found, left = against_baselines(results.rows, Resampler(store), count)
    changes, reasons = filled(found, store, registry, data)
    for reason in reasons:
        warn(f"{reason}; name their data with --data.")
    if left:
        warn(f"a report has {MOST} examples at most: those of {left} smaller differences are left out")
    return replace(results, changes=tuple(changes))


def filled(changes: Iterable[C], store: Store, registry: Registry, data: Places) -> tuple[list[C], list[str]]:
    """The changes with their texts, as far as these are to be had; and the reasons why others are not, each once."""
    rows = StageCache()
    examples = lru_cache(KEPT)(lambda stage, lang: _examples(_record(store, stage), lang, registry, data, rows))
    predictions = lru_cache(KEPT)(lambda stage, lang: _predictions(store, stage, lang))

    def show(stage: str, lang: str, number: int) -> dict[str, str]:
        task, rows = examples(stage, lang)
        return kind_of(task).shown(predictions(stage, lang), rows, task, number)

    found: list[C] = []
    reasons: dict[str, None] = {}
    for change in changes:
        try:
            found.append(_filled(change, show))
        except XhError as error:
            found.append(change)
            reasons[f"{change.target}: examples are not shown ({error.what.rstrip('.')})"] = None
    return found, list(reasons)


def _filled(change: C, show: Show) -> C:
    before, after = (
        [show(stage, change.lang, change.example) for stage in side] for side in zip(*change.stages, strict=True)
    )
    if not all((*before, *after)):
        raise MissingError("their kind does not show any")
    text = {name: value for name, value in before[0].items() if name not in ("gold", "prediction")}
    found = {"predictions_a": before, "predictions_b": after}
    said = {name: tuple(each["prediction"] for each in side) for name, side in found.items()}
    return replace(change, text=text, gold=before[0]["gold"], **said)


def _examples(
    record: Record, lang: str, registry: Registry, data: Places, rows: StageCache
) -> tuple[TaskSpec, Examples]:
    """A target with its labels, and the examples that were evaluated."""
    locations = evaluated_on(record, data, registry)
    inputs = with_labels(record.stage, registry, locations, rows).inputs
    task = inputs.tasks["test"]
    check_evaluated(task, lang, inputs, locations)
    return task, loader(registry, locations, inputs, rows)(task, "test", lang)


def _predictions(store: Store, stage: str, lang: str) -> Any:
    task = _record(store, stage).stage.inputs.tasks["test"]
    kind = kind_of(task)
    path = store.folder(stage) / "predictions" / task.folder / f"test-{lang}{kind.suffix}"
    try:
        return kind.read(path)
    except (OSError, ValueError) as error:
        raise MissingError(f"{path} can't be read") from error


def _record(store: Store, stage: str) -> Record:
    if record := store.record(stage):
        return record
    raise MissingError(f"{stage} is no longer in the store")
