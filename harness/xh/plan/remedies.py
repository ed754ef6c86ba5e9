"""What would let a stage fit where there is too little memory for it."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.data.outline import Outline
from xh.plan.estimate import Forecast
from xh.plan.graph import Plan
from xh.plan.memory import Where, peak
from xh.spec import Stage
from xh.spec.gpu import ROOM
from xh.spec.recipe import Values

AGAIN: Values = {"activation_checkpointing": True}
WAYS: tuple[Values, ...] = (
    AGAIN,
    {"weights": "bf16", "precision": "bf16"},
    {"adapter": "lora"},
    {"adapter": "lora"} | AGAIN,
    {"adapter": "lora", "weights": "bf16", "precision": "bf16"} | AGAIN,
)
"""Settings of a recipe, those that change a training least in front."""
MOST = 2
"""Ways that are named."""


class Way(Struct, frozen=True):
    """Settings with which a stage takes no more than ``memory`` bytes."""

    settings: tuple[str, ...]
    memory: int


class Lack(Struct, frozen=True, kw_only=True):
    """Stages alike that need ``memory`` bytes at the most, more than are ``free``, and what helps.

    ``gpus``: on how many as large the weights could be divided; 0 where that is no way.
    """

    stages: tuple[str, ...]
    memory: int
    free: int
    where: str
    ways: tuple[Way, ...]
    gpus: int = 0


def lacking(plan: Plan, stages: Sequence[Forecast], where: Where, free: int) -> list[Lack]:
    """The stages to run that don't fit, those with the same name of settings and the same encoder together."""
    groups: dict[tuple[str, str, bool], list[Forecast]] = {}
    for each in stages:
        if each.to_run and (each.memory or 0) > free:
            stage = plan.stages[each.stage]
            groups.setdefault((stage.inputs.encoder, named(stage), stage.trains), []).append(each)
    return [_lack(plan, group, where, free) for group in groups.values()]


def named(stage: Stage) -> str:
    """Whose settings a stage has."""
    return stage.purpose.target or stage.task if stage.phase == "target" else stage.task


def _lack(plan: Plan, group: Sequence[Forecast], where: Where, free: int) -> Lack:
    largest = max(group, key=lambda each: each.memory or 0)
    stage = plan.stages[largest.stage]
    outline = plan.outlines[stage.inputs.encoder]
    ways = tuple(_ways(stage, outline, where, free, largest.steps)) if stage.trains else ()
    return Lack(
        stages=tuple(each.stage for each in group),
        memory=largest.memory or 0,
        free=free,
        where="a GPU" if where.gpu else "this machine",
        ways=ways[:MOST],
        gpus=math.ceil((largest.memory or 0) / (ROOM * free)) if where.gpu and stage.trains else 0,
    )


def _ways(stage: Stage, outline: Outline, where: Where, free: int, steps: int | None) -> Iterator[Way]:
    recipe = stage.inputs.recipe
    for way in WAYS:
        changed = {name: value for name, value in way.items() if recipe.get(name) != value}
        taken = peak(_with(stage, changed), outline, where, steps)
        if changed and taken <= free:
            name = named(stage)
            yield Way(tuple(f"{name}.{key}={_typed(value)}" for key, value in changed.items()), taken)


def _with(stage: Stage, settings: Values) -> Stage:
    return replace(stage, inputs=replace(stage.inputs, recipe=stage.inputs.recipe | settings))


def _typed(value: object) -> str:
    return str(value).lower()
