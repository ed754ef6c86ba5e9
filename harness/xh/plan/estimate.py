"""What a run would make of a plan, and what that takes: rows, steps, tokens, time."""

import math
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from xh.plan import Plan
from xh.plan.chains import Chains, alone
from xh.plan.memory import Where, peak
from xh.plan.pace import Pace
from xh.plan.request import Point
from xh.plan.rows import Rows
from xh.spec import MissingError, Stage
from xh.spec.fingerprint import decisive
from xh.spec.stage import TRAININGS, flat
from xh.store import Store

State = Literal["cached", "new", "changed", "again", "not needed"]


class Forecast(Struct, frozen=True, kw_only=True):
    """One stage of a plan.

    ``state``: ``changed`` where the store has the stage with other inputs, which ``changes`` names with their old and
    new values; ``again`` where it is there and made once more, as ``--force`` says or because its model was dropped and
    is needed; ``not needed`` where a training is not in the store but all that comes after it is. ``rows`` are those
    read of the train or test data, ``steps`` those of training at the least, ``tokens`` those trained or tested if
    every row has the recipe's ``max_length``, ``seconds`` what it takes at the pace of earlier stages, ``memory`` the
    bytes in use at its peak; None where they can't be known yet. ``at``: the value of each axis of which the stage
    belongs to one value alone.
    """

    stage: str
    phase: str
    task: str
    encoder: str
    inter: str
    method: str
    target: str | None
    seed: int | None
    at: Point
    languages: tuple[str, ...]
    state: State
    changes: dict[str, tuple[Any, Any]]
    rows: int | None
    steps: int | None
    tokens: int | None
    seconds: float | None
    memory: int | None = None

    @property
    def to_run(self) -> bool:
        """Whether a run would make the stage."""
        return self.state in ("new", "changed", "again")


def pending(plan: Plan, store: Store) -> tuple[list[Stage], list[str]]:
    """The stages to run, parents first, and the ids of those in the store that stay as they are.

    A parent that is missing, or whose model was dropped, is made only where a child of it is missing too; or where no
    more than adapters to its model are left of a parent that a child needs.
    """
    kept = plan.stages.keys() - {*plan.locations.anew}
    there = {stage_id: record for stage_id in kept if (record := store.record(stage_id))}
    needed: set[str] = set()
    read: set[str] = set()
    for stage in reversed(plan.stages.values()):
        made = stage.id in needed or not (stage.trains or stage.id in there)
        if made:
            needed.add(stage.id)
        if (made or stage.id in read) and (parent := stage.inputs.parent):
            if parent not in there or there[parent].dropped:
                needed.add(parent)
            elif there[parent].adapted:
                read.add(parent)
    return [stage for stage in plan.stages.values() if stage.id in needed], sorted(there.keys() - needed)


def forecast(
    plan: Plan, axes: Chains, needed: Iterable[Stage], cached: Iterable[str], pace: Pace, where: Where
) -> list[Forecast]:
    """Every stage of the plan in order; ``axes`` are its chains, ``needed`` and ``cached`` as :func:`pending` says.

    ``where`` they would be computed.
    """
    there = {record.stage.id for record in pace.records}
    states = dict.fromkeys(cached, "cached") | {stage.id: "again" if stage.id in there else "new" for stage in needed}
    rows = Rows(plan.locations)
    return [
        replace(each, memory=_memory(plan, each, where))
        for stage in plan.stages.values()
        for each in [_one(stage, states.get(stage.id, "not needed"), alone(stage.id, axes), pace, rows)]
    ]


def _memory(plan: Plan, found: Forecast, where: Where) -> int | None:
    stage = plan.stages[found.stage]
    outline = plan.outlines.get(stage.inputs.encoder)
    return peak(stage, outline, where, found.steps) if outline else None


def expected(plan: Plan, store: Store) -> dict[str, float | None]:
    """The stages that a run would make, with the seconds that they will take as far as earlier ones say."""
    pace = Pace(store)
    needed, _ = pending(plan, store)
    if not pace.costs:
        return dict.fromkeys(stage.id for stage in needed)
    rows = Rows(plan.locations)
    return {stage.id: _seconds(stage, pace, rows) for stage in needed}


def _seconds(stage: Stage, pace: Pace, rows: Rows) -> float | None:
    """What a stage takes; None where its data can't be read, as it will say itself while others go on."""
    try:
        return pace.seconds(stage, _sum(rows.of(stage)))
    except MissingError:
        return None


def gpu_hours(stages: Iterable[Forecast], tokens_per_second: float) -> float:
    """Hours of the stages to run whose tokens are known, at this many trained tokens per second.

    Testing is taken to be thrice as fast: a backward pass has twice the arithmetic of a forward pass.
    """
    to_run = [stage for stage in stages if stage.to_run]
    trained = sum((stage.tokens or 0) / (1 if stage.phase in TRAININGS else 3) for stage in to_run)
    return trained / tokens_per_second / 3600


def _one(stage: Stage, state: Any, at: Point, pace: Pace, rows: Rows) -> Forecast:
    changes = _changes(stage, [record.stage for record in pace.records]) if state == "new" else {}
    counts = rows.of(stage)
    drawn = counts and _drawn(stage, counts)
    return Forecast(
        stage=stage.id,
        phase=stage.phase,
        task=stage.task,
        encoder=stage.purpose.encoder,
        inter=stage.purpose.inter,
        method=stage.purpose.method,
        target=stage.purpose.target,
        seed=stage.inputs.seed,
        at=at,
        languages=stage.inputs.languages,
        state="changed" if changes else state,
        changes=changes,
        rows=_sum(counts),
        steps=_steps(stage, sum(drawn.values())) if drawn else None,
        tokens=_tokens(stage, drawn) if drawn else None,
        seconds=pace.seconds(stage, _sum(counts)) if state in ("new", "again") else None,
    )


def _sum(counts: dict[str, int] | None) -> int | None:
    return None if counts is None else sum(counts.values())


def _changes(stage: Stage, earlier: Iterable[Stage]) -> dict[str, tuple[Any, Any]]:
    """The inputs in which a stage differs from the nearest one of the same purpose in the store."""
    differences = [_differences(old, stage) for old in earlier if _purpose(old) == _purpose(stage)]
    return min(differences, key=len, default={})


def _purpose(stage: Stage) -> tuple[Any, ...]:
    purpose = stage.purpose
    texts = tuple(stage.inputs.data) if stage.phase == "represent" else ()
    return stage.phase, stage.task, purpose.inter, purpose.method, purpose.target, stage.inputs.seed, texts


def _differences(old: Stage, new: Stage) -> dict[str, tuple[Any, Any]]:
    """Of what decides the result all that differs; what has its default value is not among that, but has one.

    Evaluations are compared in the languages that both have: others are no change.
    """
    inputs = [old.inputs, new.inputs]
    if new.phase == "evaluate":
        inputs = [each.only([lang for lang in old.inputs.languages if lang in new.inputs.languages]) for each in inputs]
    before, after = (flat(decisive(each)) for each in inputs)
    keys = [key for key in (before | after) if before.get(key) != after.get(key)]
    before, after = before | flat(inputs[0]), after | flat(inputs[1])
    return {key: (before.get(key), after.get(key)) for key in keys}


def _drawn(stage: Stage, rows: dict[str, int]) -> dict[str, float]:
    """The rows of each task in an epoch: all of them, or of a mixture as its recipe caps and draws them."""
    recipe = stage.inputs.recipe
    if "parts" not in recipe:
        return dict(rows)
    capped = {name: min(count, recipe.get("cap") or count) for name, count in rows.items()}
    weights = {name: count ** (1 / recipe["temperature"]) for name, count in capped.items()}
    share = sum(capped.values()) / (sum(weights.values()) or 1)
    return {name: share * weight for name, weight in weights.items()}


def _tokens(stage: Stage, drawn: dict[str, float]) -> int:
    recipe = stage.inputs.recipe
    parts = recipe.get("parts", {})
    longest: float = sum(count * parts.get(name, recipe)["max_length"] for name, count in drawn.items())
    return round(longest * (float(recipe["epochs"]) if stage.trains else 1))


def _steps(stage: Stage, rows: float) -> int | None:
    if not stage.trains:
        return None
    batch_size, epochs = float(stage.inputs.recipe["batch_size"]), float(stage.inputs.recipe["epochs"])
    return math.ceil(math.ceil(rows / batch_size) * epochs)
