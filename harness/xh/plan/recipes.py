"""Recipes: each setting's value, and where it came from."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct
from msgspec.inspect import FloatType, IntType, LiteralType, StructType, UnionType, type_info

from xh.plan.settings import Profile
from xh.spec import Learning, TaskSpec, UsageError
from xh.spec.errors import UNPARSABLE, did_you_mean
from xh.spec.kinds import facts, recipe_class, typed
from xh.spec.recipe import Recipe, Values


class Resolved(Struct, frozen=True):
    """A task's recipe: the values that count and, per value, where it came from."""

    values: Values
    origins: dict[str, str]
    record: Recipe


def resolve(task: TaskSpec, profile: Profile, overrides: dict[str, Values]) -> Resolved:
    """Lay the task's record, the profile's sections (kind, then task) and ``--set`` over the kind's defaults."""
    kind = recipe_class(task.kind, task.settings)
    values: Values = msgspec.to_builtins(kind())
    origins = dict.fromkeys(values, "default")
    for origin, layer in _layers(task, profile, overrides):
        for key, value in layer.items():
            if key not in values:
                raise UsageError(
                    f"Task {task.name!r} has no setting {key!r} (from {origin}).",
                    why=did_you_mean(key, list(values)),
                    todo=f"Its settings: {', '.join(values)}.",
                )
            values[key], origins[key] = _checked(kind, task.name, key, value, origin), origin
    return Resolved(values, origins, typed(task.kind, task.settings, values))


def settings_of(task: TaskSpec) -> Iterator[tuple[str, str]]:
    """Every setting that counts in a run of the task, with the name of the task that has it."""
    yield from ((task.name, key) for key in recipe_class(task.kind, task.settings).__struct_fields__ if key != "parts")
    for part in task.parts:
        yield from ((part.name, key) for key in own_settings(recipe_class(part.kind, part.settings).__struct_fields__))


def own_settings(keys: Iterable[str]) -> list[str]:
    """Those of a task's settings that it keeps in a mixture, which has its own learning rate, epochs and so on."""
    return [key for key in keys if key not in Learning.__struct_fields__]


def section_names(task: TaskSpec) -> list[str]:
    """The sections of a profile that apply to a task, those that count more behind."""
    like = facts(task.kind).like
    return list(dict.fromkeys([*([like] if like else []), task.kind, task.base, task.name]))


def without_section(tasks: Iterable[TaskSpec], profile: Profile) -> list[str]:
    """The tasks that are trained with their kind's defaults, for the profile's recipes say nothing of them."""
    trained = (task for task in tasks if profile.recipes and facts(task.kind).trained)
    return sorted({task.name for task in trained if not profile.recipes.keys() & section_names(task)})


def _layers(task: TaskSpec, profile: Profile, overrides: dict[str, Values]) -> list[tuple[str, Values]]:
    names = dict.fromkeys((task.base, task.name))
    sections = [(f"{profile.origin}.recipes.{name}]", profile.recipes.get(name, {})) for name in section_names(task)]
    return [("task record", task.settings), *sections, *(("--set", overrides.get(name, {})) for name in names)]


def _checked(kind: type[Recipe], task: str, key: str, value: Any, origin: str) -> Any:
    try:
        return msgspec.to_builtins(getattr(msgspec.convert({key: value}, kind), key))
    except msgspec.ValidationError as error:
        why = str(error).partition(" - at")[0]
        what = f"{task}.{key} = {value!r} (from {origin}) is invalid."
        raise UsageError(what, why=why, todo=_choices(kind, key)) from error


def _choices(kind: type[Recipe], key: str) -> str:
    """The names that a setting may have, where it has some; ``a number`` where it may be one besides."""
    record = cast(StructType, type_info(kind))
    (accepted,) = [field.type for field in record.fields if field.name == key]
    types = accepted.types if isinstance(accepted, UnionType) else (accepted,)
    names = [str(name) for each in types if isinstance(each, LiteralType) for name in each.values]
    numbers = ["a number"] if any(isinstance(each, IntType | FloatType) for each in types) else []
    return f"Known: {', '.join([*names, *numbers])}." if names else ""


def parse_overrides(words: Iterable[str]) -> dict[str, Values]:
    """``("tatoeba.layer=8",)`` as ``{"tatoeba": {"layer": 8}}``; a value is a TOML value, or else text."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise _misshapen(word)
        values[name] = setting(text.strip())
    return by_task(values)


def by_task(overrides: Mapping[str, Any]) -> dict[str, Values]:
    """``{"tatoeba.layer": 8}`` as ``{"tatoeba": {"layer": 8}}``; a setting that names no task is under ``""``."""
    tasks: dict[str, Values] = {}
    for name, value in overrides.items():
        task, dot, key = (part.strip() for part in name.rpartition("."))
        if not key or (dot and not task):
            raise _misshapen(name)
        tasks.setdefault(task, {})[key] = value
    return tasks


def _misshapen(word: str) -> UsageError:
    return UsageError(f"--set {word!r} is invalid.", todo="Use --set TASK.KEY=VALUE, e.g. --set tatoeba.layer=8.")


def setting(text: str) -> Any:
    """The value of a setting that is typed: a TOML value, or else text."""
    try:
        document = tomllib.loads(f"value = {text}")
    except UNPARSABLE:
        return text
    return document["value"] if len(document) == 1 else text
