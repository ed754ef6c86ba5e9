"""What tells apart several evaluations of one cell in one store."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from xh.results.evaluation import Evaluation
from xh.results.names import data_name, encoder_name
from xh.spec.stage import flat

FOLLOWS = (".parent", ".seed")


def settings(evaluations: Iterable[Evaluation]) -> dict[str, dict[str, Any]]:
    """Per stage the inputs in which it differs from others of the same cell, as ``{"target.recipe.epochs": 3.0}``.

    A cell is one intermediate task on one target with one seed, under one name of encoder, profile and data.
    """
    cells: dict[Any, list[Evaluation]] = defaultdict(list)
    for evaluation in evaluations:
        record = evaluation.record
        where = (encoder_name(record), record.stage.label.profile, data_name(record))
        cells[where, evaluation.inter, evaluation.task.name, evaluation.seed].append(evaluation)
    return {key: values for members in cells.values() for key, values in _differing(members).items()}


def _differing(members: list[Evaluation]) -> dict[str, dict[str, Any]]:
    if len(members) < 2:
        return {members[0].id: {}}
    inputs = {member.id: _inputs(member) for member in members}
    shared = set.intersection(*map(set, inputs.values()))
    differing = sorted(key for key in shared if len({repr(values[key]) for values in inputs.values()}) > 1)
    return {stage: _once({key: values[key] for key in differing}) for stage, values in inputs.items()}


def _inputs(evaluation: Evaluation) -> dict[str, Any]:
    """The inputs of the whole chain, each under its phase; a plain dictionary of leaves."""
    stages = [record.stage for record in evaluation.chain]
    leaves = {f"{stage.phase}.{key}": value for stage in stages for key, value in flat(stage.inputs).items()}
    return {key: value for key, value in leaves.items() if not key.endswith(FOLLOWS)}


def _once(values: dict[str, Any]) -> dict[str, Any]:
    """Without what an evaluation only repeats of its target's training."""
    trained = {key: value for key, value in values.items() if key.startswith("target.")}
    repeated = {key.replace("target.", "evaluate.", 1): value for key, value in trained.items()}
    return {
        key: value for key, value in values.items() if not key.startswith("evaluate.") or repeated.get(key) != value
    }
