"""Where evaluations lie on the axes, and how those at the same point differ."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from xh.results.evaluation import Evaluation
from xh.results.names import encoder_name
from xh.spec import Inputs, Stage
from xh.spec.cell import ALL_ROWS, AXES, Coordinates
from xh.spec.fingerprint import decisive
from xh.spec.stage import flat

FOLLOWS = (".parent", ".seed")
DATA = ".data."
SETTING = re.compile(r"(intermediate|target|evaluate)\.(recipe|methods)\.(?:parts\.)?(.+)")


class Located(NamedTuple):
    """Where an evaluation is, and the inputs besides in which it differs from others there."""

    at: Coordinates
    others: dict[str, Any]


def located(evaluations: Sequence[Evaluation]) -> dict[str, Located]:
    """By first stage where each evaluation is.

    A setting is a coordinate, ``{"xnli.epochs": 3.0}``, where evaluations differ in it that are alike in intermediate
    task, method, target and profile. What they were tested on must be the same for all of one target and profile.
    """
    names = _encoder_names(evaluations)
    points = {
        each.id: coordinates([r.stage for r in each.chain], names[each.record.stage.inputs.encoder])
        for each in evaluations
    }
    inputs = {each.id: _inputs(each) for each in evaluations}
    targets: dict[Any, list[Evaluation]] = defaultdict(list)
    arms: dict[Any, list[Evaluation]] = defaultdict(list)
    cells: dict[Any, list[Evaluation]] = defaultdict(list)
    for each in evaluations:
        target = (each.record.stage.purpose.profile, each.task.name)
        arm = (*target, each.inter, each.method)
        targets[target].append(each)
        arms[arm].append(each)
        cells[(*arm, repr(points[each.id]), each.seed)].append(each)
    tests = {each.id: test for members in targets.values() for each, test in _tests(members)}
    of_arms = {each.id: differing for members in arms.values() for each, differing in _differing(members, inputs)}
    found: dict[str, Located] = {}
    for members in cells.values():
        for member, differing in _differing(members, inputs):
            known = of_arms[member.id].items()
            settings = {name: value for key, value in known if (name := _setting(key, member))}
            others = {key: value for key, value in differing.items() if not _setting(key, member)}
            found[member.id] = Located(replace(points[member.id], settings=settings), _once(tests[member.id] | others))
    return found


def _tests(members: Sequence[Evaluation]) -> Iterator[tuple[Evaluation, dict[str, Any]]]:
    """How each was tested, if others of its target were tested on other data or rows."""
    inputs = [flat({"evaluate": {"data": each.inputs.data, "limit_eval": each.inputs.limit_eval}}) for each in members]
    shared = sorted(set.intersection(*map(set, inputs)))
    differing = [key for key in shared if len({values[key] for values in inputs}) > 1]
    for member, values in zip(members, inputs, strict=True):
        yield member, _shortened({key: values[key] for key in differing})


def told_apart(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, Any]]:
    """By first stage all coordinates and other inputs in which evaluations of one task differ."""
    known = {
        stage: {name: getattr(place.at, name) for name in AXES} | place.at.settings | place.others
        for stage, place in located(evaluations).items()
    }
    keys = dict.fromkeys(key for values in known.values() for key in values)
    differing = [key for key in keys if len({repr(values.get(key)) for values in known.values()}) > 1]
    return {stage: {key: values[key] for key in differing if key in values} for stage, values in known.items()}


def coordinates(chain: Iterable[Stage], model: str) -> Coordinates:
    """Where the stages of a cell lie on the axes that every cell has."""
    by_phase = {stage.phase: stage.inputs for stage in chain}
    limits = {
        phase: ALL_ROWS if inputs.limit_train is None else inputs.limit_train for phase, inputs in by_phase.items()
    }
    target = by_phase.get("target")
    return Coordinates(
        model=model,
        limit_intermediate=limits.get("intermediate"),
        limit_target=limits.get("target"),
        train_lang=",".join(target.languages) if target else None,
    )


def _encoder_names(evaluations: Iterable[Evaluation]) -> dict[str, str]:
    """What encoders are called, by their identity, with the beginning of that where one name stands for several."""
    names = {each.record.stage.inputs.encoder: encoder_name(each.record) for each in evaluations}
    several = {name for name, count in Counter(names.values()).items() if count > 1}
    return {
        identity: f"{name}@{identity.rpartition(':')[2][:8]}" if name in several else name
        for identity, name in names.items()
    }


def _setting(key: str, evaluation: Evaluation) -> str | None:
    """What ``--set`` calls an input, if it is a setting: ``target.recipe.epochs`` is ``xnli.epochs``."""
    if not (match := SETTING.fullmatch(key)):
        return None
    phase, what, name = match.groups()
    if what == "methods" or ".parts." in key:
        return name
    return f"{evaluation.inter if phase == 'intermediate' else evaluation.task.name}.{name}"


def _differing(
    members: Sequence[Evaluation], known: Mapping[str, dict[str, Any]]
) -> Iterator[tuple[Evaluation, dict[str, Any]]]:
    """Each with the inputs in which it differs from the others; ``known`` has all inputs of each."""
    inputs = [known[member.id] for member in members]
    shared = set.intersection(*map(set, inputs))
    keys = {key for values in inputs for key in values if key in shared or DATA not in key}
    differing = sorted(key for key in keys if len({repr(values.get(key)) for values in inputs}) > 1)
    found = [_once(_shortened({key: values.get(key, "default") for key in differing})) for values in inputs]
    alike = Counter(map(repr, found))
    for values, member in zip(found, members, strict=True):
        yield member, values | ({"evaluation": member.record.stage.evaluation} if alike[repr(values)] > 1 else {})


def _inputs(evaluation: Evaluation) -> dict[str, Any]:
    """The inputs of the whole chain but for the languages of the test, each under its phase; a dictionary of leaves.

    Of a target's several steps the last one's; of the others what is not the same, with the task: ``target siqa.data``.
    """
    chain = [*(record.stage.inputs for record in evaluation.ancestors), replace(evaluation.inputs, languages=())]
    last = {inputs.phase: _leaves(inputs) for inputs in chain}
    found = {f"{phase}.{key}": value for phase, leaves in last.items() for key, value in leaves.items()}
    for inputs in chain:
        others = {key: value for key, value in _leaves(inputs).items() if value != last[inputs.phase].get(key)}
        found |= {f"{inputs.phase} {inputs.task.name}.{key}": value for key, value in others.items()}
    return {key: value for key, value in found.items() if not key.endswith(FOLLOWS)}


def _leaves(inputs: Inputs) -> dict[str, Any]:
    """All decisive inputs, and the recipe's defaults."""
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
    """The same without what an evaluation merely repeats from its target's training."""
    trained = {key: value for key, value in values.items() if key.startswith("target.")}
    repeated = {key.replace("target.", "evaluate.", 1): value for key, value in trained.items()}
    return {
        key: value for key, value in values.items() if not key.startswith("evaluate.") or repeated.get(key) != value
    }
