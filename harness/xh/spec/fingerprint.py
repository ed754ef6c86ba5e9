"""What names a stage: of its inputs all that can change its result, and nothing else.

A third party's task counts under its full name, ``dist:name``, whoever else claims the short one. The version of its
distribution is no part of that, but recorded: a release that adds a language or mends a title makes nothing anew. What
names a stage is the ``version`` that its author raises in the task's record, or in the kind's, when results change.

A field that has its default value is left out, so that a setting which a later xh adds renames nothing that is stored.
Whoever changes a default, or what a kind's code computes, raises the kind's ``version`` (``xh.spec.kinds``).
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import replace

from xh.spec.data import Files, Hub, Source
from xh.spec.kinds import facts
from xh.spec.method import AppliedMethod
from xh.spec.recipe import Representation, Values
from xh.spec.task import TaskSpec

if TYPE_CHECKING:
    from xh.spec.stage import Inputs

DESCRIPTIVE: dict[type[Struct], set[str]] = {
    TaskSpec: {
        *("title", "licence", "citation", "aliases", "groups", "rows", "reason", "roles"),
        *("languages", "train_from", "recipe", "variants"),  # what of these is used stands in the stage's own inputs
        "dist",  # is part of the name
    },
    Hub: {"id", "revision"},  # the commit that is read stands in the stage's data
    Files: {"url", "hint"},
    AppliedMethod: {"files"},
}
"""Fields that change no result."""


def decisive(inputs: "Inputs") -> dict[str, Any]:
    """What decides the result of a stage with these inputs, as plain values."""
    langs = frozenset(split.lang for split in inputs.identities)
    names = {each.name: each.full_name for task in inputs.tasks.values() for each in (task, *task.parts)}
    data = {
        each._replace(task=names.get(each.task, each.task)).key: inputs.identities[each] for each in inputs.identities
    }
    found: dict[str, Any] = _decisive(replace(inputs, tasks={}, data=data))
    found["schema"] = inputs.schema
    if inputs.models:
        split = {tuple(key.rsplit(".", 1)): identity for key, identity in inputs.models.items()}
        found["models"] = {f"{names.get(task, task)}.{setting}": known for (task, setting), known in split.items()}
    found["tasks"] = {role: _task(msgspec.msgpack.encode(task), langs) for role, task in inputs.tasks.items()}
    for task in list(inputs.tasks.values())[:1]:
        found["recipe"] = changed_settings(task, inputs.recipe)
        if task.parts and "parts" in found["recipe"]:
            parts = found["recipe"]["parts"]
            found["recipe"]["parts"] = {names.get(name, name): values for name, values in parts.items()}
    if inputs.phase == "represent":
        found["recipe"] = changed_representation(inputs.recipe)
    if changed := _versions(inputs.tasks.values()):
        found["kinds"] = changed
    return found


@lru_cache
def _task(encoded: bytes, langs: frozenset[str]) -> dict[str, Any]:
    """A task's record, its translations and codes only of the languages that are read; many stages have the same."""
    return _read(msgspec.msgpack.decode(encoded, type=TaskSpec), langs)


def _read(task: TaskSpec, langs: frozenset[str]) -> dict[str, Any]:
    def of(source: Source) -> Source:
        codes = source.codes if isinstance(source, Hub) else {}
        return replace(source, codes={lang: codes[lang] for lang in codes if lang in langs}) if codes else source

    translated = {lang: of(source) for lang, source in task.translated.items() if lang in langs}
    data = tuple(map(of, task.data)) if isinstance(task.data, tuple) else of(task.data)
    parts = [_read(part, langs) for part in task.parts]
    known: dict[str, Any] = _decisive(replace(task, kind=facts(task.kind).identity, translated=translated, data=data))
    return known | {"name": task.full_name} | ({"parts": parts} if parts else {})


def changed_settings(task: TaskSpec, values: Values) -> Values:
    """The settings that are not their kind's defaults; those of a mixture's tasks under ``parts``.

    Not those that name further models, which count by what they are.
    """
    named = facts(task.kind).models
    found = _changed({key: values[key] for key in values if key not in named}, _defaults(task.kind))
    if task.parts and "parts" in found:
        parts = found["parts"]
        found["parts"] = {part.name: changed_settings(part, parts.get(part.name, {})) for part in task.parts}
    return found


def changed_representation(values: Values) -> Values:
    """The settings of a representation that are not its defaults."""
    return _changed(values, msgspec.to_builtins(Representation()))


def _changed(values: Values, defaults: Values) -> Values:
    return {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}


def _versions(tasks: Iterable[TaskSpec]) -> dict[str, int]:
    kinds = {facts(each.kind) for task in tasks for each in (task, *task.parts)}
    return {kind.identity: kind.version for kind in kinds if kind.version > 1}


def _decisive(value: Any) -> Any:
    if isinstance(value, Struct):
        kind = type(value)
        fields = ((key, getattr(value, name), default) for name, key, default in _fields(kind))
        tag = kind.__struct_config__.tag
        found = {key: _decisive(each) for key, each, default in fields if each != default}
        return {"from": tag} | found if tag else found
    if isinstance(value, dict):
        return {key: _decisive(each) for key, each in value.items()}
    return [_decisive(each) for each in value] if isinstance(value, tuple | list) else value


@cache
def _fields(kind: type[Struct]) -> list[tuple[str, str, Any]]:
    """A record's deciding fields: their names, those that they have in files, their default values."""
    return [
        (
            field.name,
            field.encode_name,
            field.default_factory() if field.default is NODEFAULT and field.required is False else field.default,
        )
        for field in msgspec.structs.fields(kind)
        if field.name not in DESCRIPTIVE.get(kind, ())
    ]


@cache
def _defaults(kind: str) -> Values:
    found: Values = msgspec.to_builtins(facts(kind).settings())
    return found
