"""The courses of trainings, read from the logs of their stages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
from msgspec import Struct

from xh.results.evaluation import Evaluation
from xh.results.training_log import TrainingLog
from xh.spec.cell import AXES, Coordinates
from xh.store import Record, Store
from xh.store.files import content

LOG = "log.jsonl"
MOST = 60
"""Points of a curve."""
DIGITS = 5
"""Behind the point of a loss."""

Losses = tuple[tuple[int, float], ...]
Scores = tuple[tuple[int, dict[str, float]], ...]


class _Entry(Struct):
    """The fields of a log line that are drawn."""

    step: int
    loss: float | None = None
    dev: dict[str, float] | None = None


def training_logs(
    store: Store, evaluations: Iterable[Evaluation], places: Mapping[str, Coordinates]
) -> Iterator[TrainingLog]:
    """All trainings before some evaluations, each once, whose logs say something; ``places``: by first stage."""
    records: dict[str, Record] = {}
    after: dict[str, list[Evaluation]] = {}
    for each in evaluations:
        for record in each.ancestors:
            records[record.stage.id] = record
            after.setdefault(record.stage.id, []).append(each)
    for stage, record in records.items():
        loss, dev = read_log(store.folder(stage) / LOG)
        if loss or dev:
            yield _log(record, after[stage], places, loss, dev)


def read_log(path: Path) -> tuple[Losses, Scores]:
    """The losses and the dev scores in a log, at most ``MOST`` of each; lines that say something else are left out."""
    try:
        lines = content(path).splitlines()
    except FileNotFoundError:
        return (), ()
    entries = [entry for line in lines if (entry := _entry(line))]
    losses = [(entry.step, entry.loss) for entry in entries if entry.loss is not None]
    return thinned(losses, MOST), tuple(spaced([(each.step, each.dev) for each in entries if each.dev], MOST))


def thinned(losses: Sequence[tuple[int, float]], most: int) -> Losses:
    """At most so many losses, each the mean since the previous one."""
    size = ceil(len(losses) / most)
    groups = (losses[start : start + size] for start in range(0, len(losses), size or 1))
    return tuple((group[-1][0], round(fmean(loss for _, loss in group), DIGITS)) for group in groups)


def spaced(found: Sequence[Any], most: int) -> Sequence[Any]:
    """At most so many, the last among them."""
    return found[(len(found) - 1) % ceil(len(found) / most) :: ceil(len(found) / most)] if found else ()


def _entry(line: bytes) -> _Entry | None:
    try:
        return msgspec.json.decode(line, type=_Entry)
    except msgspec.MsgspecError:  # what a plugin's training says besides, or a number that is none
        return None


def _log(
    record: Record, after: Sequence[Evaluation], places: Mapping[str, Coordinates], loss: Losses, dev: Scores
) -> TrainingLog:
    stage, first = record.stage, after[0]
    return TrainingLog(
        phase=stage.phase,
        task=stage.task,
        inter=first.inter,
        method=first.method,
        at=_shared([places[each.id] for each in after]),
        targets=tuple(dict.fromkeys(each.task.name for each in after)),
        seed=stage.inputs.seed,
        stage=stage.id,
        loss=loss,
        dev=dev,
        selected=_selected(record),
    )


def _selected(record: Record) -> int | None:
    """The step whose model was kept; older records do not say."""
    policies = record.facts.get("policies")
    policy = policies.get(record.stage.inputs.recipe.get("select")) if isinstance(policies, dict) else None
    return policy.get("step") if isinstance(policy, dict) else None


def _shared(places: Sequence[Coordinates]) -> Coordinates:
    """The coordinates on which all agree."""
    first, *others = places
    axes = {axis: getattr(first, axis) for axis in AXES}
    same = {axis: value for axis, value in axes.items() if all(getattr(each, axis) == value for each in others)}
    settings = first.settings.items()
    agreed = {key: value for key, value in settings if all(each.settings.get(key) == value for each in others)}
    return Coordinates(**same, settings=agreed)
