"""Which stages belong to which value of an axis."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from xh.plan.graph import Plan
from xh.plan.request import Point
from xh.spec import Stage
from xh.spec.cell import Cell

Chains = dict[tuple[str, Any], dict[str, Stage]]
"""By axis and value the stages that belong there, parents before children; what several values share is in each."""


def cells(plan: Plan) -> dict[tuple[str, Any], list[Cell]]:
    """By axis and value the cells that lie there, in the order of the request."""
    found: dict[tuple[str, Any], dict[Cell, None]] = defaultdict(dict)
    for axis in plan.points[0][0]:
        for point, members in plan.points:
            found[axis, point[axis]].update(dict.fromkeys(members))
    return {place: list(members) for place, members in found.items()}


def chains(plan: Plan) -> Chains:
    """The stages of the cells of each value, and those that keep vectors of the same encoders."""
    return {place: _chain(members, plan.stages) for place, members in cells(plan).items()}


def alone(stage_id: str, found: Chains) -> Point:
    """By axis the value, where a stage belongs to one of several."""
    values: dict[str, list[Any]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for (axis, value), chain in found.items():
        counts[axis] += 1
        if stage_id in chain:
            values[axis].append(value)
    return {axis: there[0] for axis, there in values.items() if len(there) == 1 < counts[axis]}


def _chain(members: Iterable[Cell], stages: dict[str, Stage]) -> dict[str, Stage]:
    wanted = {stage for cell in members for stage in cell.stages}
    for stage in reversed(stages.values()):
        if stage.id in wanted and stage.inputs.parent:
            wanted.add(stage.inputs.parent)
    encoders = {stages[each].inputs.encoder for each in wanted}
    for stage in stages.values():
        if stage.phase == "represent" and (stage.inputs.parent or stage.inputs.encoder) in wanted | encoders:
            wanted.add(stage.id)
    return {stage_id: stage for stage_id, stage in stages.items() if stage_id in wanted}
