"""Studies made requests: a study's options, over them those of an arm, over these what is typed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from xh.data.places import places
from xh.plan.recipes import by_task
from xh.plan.request import AXES, Request, rows_at_most
from xh.plan.settings import studies
from xh.plugins.registry import Registry, known
from xh.spec import StudySpec, UsageError


def listed(value: Any) -> tuple[str, ...]:
    """One word or several as several."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _axes(value: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {axis: listed(values) for axis, values in value.items()}


SMALL = "mini"
"""The profile with which a study is small."""
READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("inter", "target", "method", "langs", "force"), listed),
    **dict.fromkeys(("limit_train", "limit_intermediate", "limit_target", "limit_eval"), rows_at_most),
    "overrides": by_task,
    "data": places,
    "vary": _axes,
}
"""How values are read that are not as a request has them."""
NAMES = {"set": "overrides", "seed": "seeds"}
"""Options that a request has by other names."""


def all_studies(registry: Registry) -> dict[str, StudySpec]:
    """The studies of plugins, and over them those of ``tasks.toml``, by name."""
    return {name: claim.record for name, claim in registry.studies} | studies()


def study(name: str, registry: Registry) -> StudySpec:
    """The study of this name; raises :class:`~xh.spec.UsageError` with the nearest one."""
    found = all_studies(registry)
    known("study", name, found)
    return found[name]


def requests(found: StudySpec, given: Mapping[str, Any]) -> list[Request]:
    """A request for each arm of a study, of those that are alike one; ``given``: the fields of it that are typed."""
    options = found.options
    if given.get("profile") == SMALL:
        options = {key: value for key, value in options.items() if key not in ("model", "profile")} | found.small
    made = [_request(found.name, _over(_fields(found.name, options | arm), given)) for arm in found.arms or ({},)]
    arms = _each_with_its_own(made)
    return [arm for number, arm in enumerate(arms) if arm not in arms[:number]]


def _each_with_its_own(arms: Sequence[Request]) -> list[Request]:
    """Arms without what is set of an intermediate task that only others have."""
    anywhere = set().union(*(_parts(arm.inter) for arm in arms))

    def own(arm: Request) -> Request:
        here = _parts(arm.inter) | {*arm.target}
        kept = {key: values for key, values in arm.overrides.items() if key in here or key not in anywhere}
        return msgspec.structs.replace(arm, overrides=kept)

    return list(map(own, arms))


def _parts(words: Sequence[str]) -> set[str]:
    """The tasks that ``--inter`` names, those of mixtures one by one, too."""
    return {part for word in words for part in (word, *word.split("+"))}


def _over(fields: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with others laid over them: a typed value is on no axis, and a typed axis takes no other value.

    What is set of intermediate tasks falls away with them, where others are typed.
    """
    typed = {axis for axis, field in AXES.items() if field in given} - given.get("vary", {}).keys()
    axes = {axis: values for axis, values in fields.get("vary", {}).items() if axis not in typed}
    kept = {task: values for task, values in fields.get("overrides", {}).items() if _stays(task, fields, given)}
    own = {**fields, "overrides": kept} if "overrides" in fields else fields
    return {**own, **given, "vary": axes | given.get("vary", {})}


def _stays(task: str, fields: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether what a study sets of a task has its place beside what is typed."""
    lost = [word for word in fields.get("inter", ()) if "inter" in given and word not in given["inter"]]
    return task not in lost or task in _parts(given.get("inter", ()))


def _fields(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as fields of a request; those that have several values where one belongs are axes."""
    fields: dict[str, Any] = {}
    axes = _read(name, "vary", options.get("vary", {}))
    for option, value in options.items():
        field = NAMES.get(option, option.replace("-", "_"))
        known(f"option in study {name}", field, [*Request.__struct_fields__])
        if option in AXES and option != "method" and isinstance(value, list | tuple):
            axes[option] = tuple(value)
        elif field != "vary":
            fields[field] = _read(name, field, value)
    limits = {axis: tuple(map(rows_at_most, values)) for axis, values in axes.items() if axis.startswith("limit")}
    return fields | {"vary": axes | limits}


def _read(name: str, field: str, value: Any) -> Any:
    try:
        return READ[field](value) if field in READ else value
    except (AttributeError, TypeError) as error:
        raise UsageError(f"Study {name} has an option that does not fit.", why=f"{field}: {error}") from error


def _request(name: str, fields: Mapping[str, Any]) -> Request:
    try:
        return msgspec.convert(fields, Request)
    except msgspec.ValidationError as error:
        raise UsageError(f"Study {name} has an option that does not fit.", why=str(error)) from error
