"""What a run would do, stage by stage; without importing anything heavy."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from xh.engine.session import pending
from xh.plan import Plan
from xh.plan.data import SAMPLE, located
from xh.spec import Hub, MissingError, Site, Stage, TaskSpec
from xh.spec.data import Source
from xh.spec.fingerprint import decisive
from xh.spec.kinds import facts
from xh.spec.reference import resolve
from xh.spec.stage import flat, limited
from xh.store import Store

State = Literal["cached", "new", "changed", "not needed"]


class Forecast(Struct, frozen=True, kw_only=True):
    """One stage of a plan.

    ``state``: ``changed`` where the store has the stage with other inputs, which ``changes`` names with their old and
    new values; ``not needed`` where a training is not in the store but all that comes after it is. ``rows`` are those
    read of the train or test data, ``steps`` those of training at the least, ``tokens`` those trained or tested if
    every row has the recipe's ``max_length``; None where they can't be known yet.
    """

    stage: str
    phase: str
    task: str
    inter: str
    target: str | None
    seed: int | None
    languages: tuple[str, ...]
    state: State
    changes: dict[str, tuple[Any, Any]]
    rows: int | None
    steps: int | None
    tokens: int | None


def forecast(plan: Plan, store: Store) -> list[Forecast]:
    """Every stage of the plan in order."""
    needed, cached = pending(plan, store)
    earlier = [record.stage for record in store.records()] if store.stages.is_dir() else []
    states = dict.fromkeys(cached, "cached") | {stage.id: "new" for stage in needed}
    return [_one(stage, states.get(stage.id, "not needed"), earlier, plan.site) for stage in plan.stages.values()]


def gpu_hours(stages: Iterable[Forecast], tokens_per_second: float) -> float:
    """Hours of the stages to run whose tokens are known, at this many trained tokens a second.

    Testing is taken to be thrice as fast: a backward pass has twice the arithmetic of a forward pass.
    """
    to_run = [stage for stage in stages if stage.state in ("new", "changed")]
    trained = sum((stage.tokens or 0) / (3 if stage.phase == "evaluate" else 1) for stage in to_run)
    return trained / tokens_per_second / 3600


def _one(stage: Stage, state: Any, earlier: Sequence[Stage], site: Site) -> Forecast:
    changes = _changes(stage, earlier) if state == "new" else {}
    rows = _rows(stage, site)
    epochs = 1 if stage.phase == "evaluate" else stage.inputs.recipe["epochs"]
    return Forecast(
        stage=stage.id,
        phase=stage.phase,
        task=stage.task,
        inter=stage.label.inter,
        target=stage.label.target,
        seed=stage.inputs.seed,
        languages=stage.inputs.languages,
        state="changed" if changes else state,
        changes=changes,
        rows=rows,
        steps=_steps(stage, rows),
        tokens=None if rows is None else round(rows * epochs * stage.inputs.recipe["max_length"]),
    )


def _changes(stage: Stage, earlier: Iterable[Stage]) -> dict[str, tuple[Any, Any]]:
    """The inputs in which a stage differs from the nearest one of the same purpose in the store."""
    differences = [_differences(old, stage) for old in earlier if _purpose(old) == _purpose(stage)]
    return min(differences, key=len, default={})


def _purpose(stage: Stage) -> tuple[Any, ...]:
    return stage.phase, stage.task, stage.label.inter, stage.label.target, stage.inputs.seed


def _differences(old: Stage, new: Stage) -> dict[str, tuple[Any, Any]]:
    """Of what decides the result all that differs; what has its default value is not among that, but has one."""
    before, after = flat(decisive(old.inputs)), flat(decisive(new.inputs))
    keys = [key for key in (before | after) if before.get(key) != after.get(key)]
    before, after = before | flat(old.inputs), after | flat(new.inputs)
    return {key: (before.get(key), after.get(key)) for key in keys}


def _rows(stage: Stage, site: Site) -> int | None:
    role = "test" if stage.phase == "evaluate" else "train"
    limit = stage.inputs.limit_eval if role == "test" else stage.inputs.limit_train
    return _total(_counted(stage.inputs.tasks[role], role, stage, limit, site))


def _counted(task: TaskSpec, role: str, stage: Stage, limit: int | float | None, site: Site) -> list[int | None]:
    """The rows that are read of each task and language."""
    sampled = stage.label.data == SAMPLE
    counts = [
        _count(part, role, lang, site, sampled)
        for part in task.members
        for lang in stage.inputs.languages_of(part.name, role)
    ]
    return [None if count is None else limited(count, limit) for count in counts]


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _count(task: TaskSpec, role: str, lang: str, site: Site, sampled: bool) -> int | None:
    """The rows in the files where they are plain text, else the official number."""
    try:
        found = located(task, role, lang, site) if site.data else []
    except MissingError:
        found = []
    if found and all(path.suffix == ".jsonl" for _, paths in found for path in paths):
        return sum(_lines(path, source, lang) for source, paths in found for path in paths)
    return None if sampled else task.official_rows(role, lang)


def _lines(path: Path, source: Source, lang: str) -> int:
    made = resolve(source.row) if isinstance(source, Hub) and source.row else None
    with path.open("rb") as file:
        lines = filter(bytes.strip, file)
        return sum(made is None or made(json.loads(line), lang) is not None for line in lines)


def _steps(stage: Stage, rows: int | None) -> int | None:
    if rows is None or stage.phase == "evaluate":
        return None
    if any(facts(part.kind).text for part in stage.inputs.tasks["train"].members):
        return None  # lines are packed, nobody knows yet into how many inputs
    batch_size, epochs = float(stage.inputs.recipe["batch_size"]), float(stage.inputs.recipe["epochs"])
    return math.ceil(math.ceil(rows / batch_size) * epochs)
