"""The stages that keep vectors, for the measures of similarity that a request names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from xh.spec import Inputs, Stage, UsageError
from xh.spec.cell import Cell
from xh.spec.comparisons import NEEDS, Pair, comparisons, content

Stages = Mapping[str, Stage]


def with_represented(stages: Stages, cells: Sequence[Cell], measures: Sequence[str]) -> dict[str, Stage]:
    """A plan's stages, and behind each training those that keep its encoder's vectors, as far as measures need them.

    Raises :class:`UsageError` for a measure that compares nothing in this plan.
    """
    used: set[str] = set()
    behind: dict[str | None, dict[Any, Stage]] = {}
    for comparison in (each for pair in _pairs(stages, cells) for each in comparisons(pair)) if measures else ():
        if comparison.measure in measures:
            used.add(comparison.measure)
            for stage in (*comparison.left, *comparison.right):
                behind.setdefault(stage.inputs.parent, {}).setdefault(content(stage), stage)
    for measure in measures:
        if measure not in used:
            raise UsageError(f"--similarity {measure} has nothing to compare in this run.", why=NEEDS[measure])
    order = [each for stage in stages.values() for each in (stage, *behind.get(stage.id, {}).values())]
    return {stage.id: stage for stage in (*order, *behind.get(None, {}).values())}


def _pairs(stages: Stages, cells: Sequence[Cell]) -> Iterator[Pair]:
    """The cells with an intermediate task; each with its baseline's training, if that is in the plan."""
    evaluations = {cell: [stages[each] for each in cell.stages] for cell in cells}
    baselines = {first.evaluation: _trainings(first, stages) for first, *_ in evaluations.values()}
    for cell, evaluated in evaluations.items():
        trainings, purpose = _trainings(evaluated[0], stages), evaluated[0].purpose
        if "intermediate" in trainings:
            yield Pair(
                intermediate=trainings["intermediate"],
                tested=_tested(cell, [stage.inputs for stage in evaluated]),
                purpose=purpose,
                target=trainings.get("target"),
                own=baselines.get(purpose.baseline or "", {}).get("target"),
            )


def _trainings(stage: Stage, stages: Stages) -> dict[str, Stage]:
    """The trainings before a stage, by phase."""
    parent = stages.get(stage.inputs.parent or "")
    return {**_trainings(parent, stages), parent.phase: parent} if parent else {}


def _tested(cell: Cell, inputs: Sequence[Inputs]) -> Inputs:
    data = {key: identity for each in inputs for key, identity in each.data.items()}
    return replace(inputs[0], data=data).only(cell.languages)
