"""What tells apart several evaluations of one cell in one store."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from xh.results.evaluation import Evaluation
from xh.spec import Inputs
from xh.spec.fingerprint import decisive
from xh.spec.stage import flat

FOLLOWS = (".parent", ".seed")
DATA = ".data."


def settings(evaluations: Iterable[Evaluation]) -> dict[str, dict[str, Any]]:
    """Per stage the inputs in which it differs from others of the same cell, as ``{"target.recipe.epochs": 3.0}``.

    A cell is one intermediate task and method on one target with one seed, of one encoder and under one name of
    profile.
    """
    cells: dict[Any, list[Evaluation]] = defaultdict(list)
    for evaluation in evaluations:
        purpose = evaluation.record.stage.purpose
        where = (evaluation.record.stage.inputs.encoder, purpose.profile)
        cells[where, evaluation.inter, evaluation.method, evaluation.task.name, evaluation.seed].append(evaluation)
    return {key: values for members in cells.values() for key, values in _differing(members).items()}


def _differing(members: list[Evaluation]) -> dict[str, dict[str, Any]]:
    if len(members) < 2:
        return {members[0].id: {}}
    inputs = {member.id: _inputs(member) for member in members}
    shared = set.intersection(*map(set, inputs.values()))
    keys = {key for values in inputs.values() for key in values if key in shared or DATA not in key}
    differing = sorted(key for key in keys if len({repr(values.get(key)) for values in inputs.values()}) > 1)
    found = {
        stage: _once(_shortened({key: values.get(key, "default") for key in differing}))
        for stage, values in inputs.items()
    }
    alike = Counter(map(repr, found.values()))
    named = {member.id: {"evaluation": member.record.stage.evaluation} for member in members}
    return {stage: values | (named[stage] if alike[repr(values)] > 1 else {}) for stage, values in found.items()}


def _inputs(evaluation: Evaluation) -> dict[str, Any]:
    """The inputs of the whole chain but for the languages of the test, each under its phase; a dictionary of leaves."""
    chain = [*(record.stage.inputs for record in evaluation.ancestors), replace(evaluation.inputs, languages=())]
    leaves = {f"{inputs.phase}.{key}": value for inputs in chain for key, value in _leaves(inputs).items()}
    return {key: value for key, value in leaves.items() if not key.endswith(FOLLOWS)}


def _leaves(inputs: Inputs) -> dict[str, Any]:
    """All that decides, and what of the recipe is at its default."""
    methods = {each.name: each.settings | each.contents for each in inputs.methods}
    return flat(replace(inputs, tasks={}, methods=())) | flat({"tasks": decisive(inputs)["tasks"], "methods": methods})


def _shortened(values: dict[str, Any]) -> dict[str, Any]:
    """With the identities of a phase's data as one."""
    found = {key: value for key, value in values.items() if DATA not in key}
    for phase in dict.fromkeys(key.partition(DATA)[0] for key in values if DATA in key):
        identities = sorted({value for key, value in values.items() if key.startswith(phase + DATA)})
        joined = hashlib.sha256("".join(identities).encode()).hexdigest()[:16]
        found[f"{phase}.data"] = identities[0] if len(identities) == 1 else f"sha256:{joined}"
    return found


def _once(values: dict[str, Any]) -> dict[str, Any]:
    """Without what an evaluation only repeats of its target's training."""
    trained = {key: value for key, value in values.items() if key.startswith("target.")}
    repeated = {key.replace("target.", "evaluate.", 1): value for key, value in trained.items()}
    return {
        key: value for key, value in values.items() if not key.startswith("evaluate.") or repeated.get(key) != value
    }
