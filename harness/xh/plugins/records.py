"""What a registration hook returned: are these records, and do they fit?"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any

import msgspec

from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    Files,
    Hub,
    KindSpec,
    LanguageSpec,
    MethodSpec,
    ReportFormat,
    StudySpec,
    TaskSpec,
    TrackerSpec,
)
from xh.spec.errors import did_you_mean
from xh.spec.fields import builtins, mistyped
from xh.spec.kinds import facts

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that steer a terminal; a text may have several lines."""
WRITTEN = (
    *(TaskSpec, Hub, Files, KindSpec, MethodSpec, EncoderSpec, EngineSpec, LanguageSpec, ReportFormat),
    *(CommandSpec, StudySpec, TrackerSpec),
)
RECORDS: dict[str, type] = {kind.__name__: kind for kind in WRITTEN}
UNKNOWN = re.compile(r"Unexpected keyword argument '(.+)'")
ABSENT = re.compile(r"Missing required argument '(.+)'")


def checked(what: str, kind: type[Any], records: Any) -> list[Any]:
    """The records, with lists where tuples belong made tuples; raises if they are anything else than a list of kind.

    ``what``: how one of them is called in an error.
    """
    if not isinstance(records, list | tuple):
        raise TypeError(f"must return a list of {kind.__name__}, not {type(records).__name__}")
    for record in records:
        if not isinstance(record, kind):
            raise TypeError(f"must return a list of {kind.__name__}, but it holds a {type(record).__name__}")
        if problems := [*mistyped(record)]:
            raise ValueError(f"{what} {record.name!r}: " + "; ".join(problems))
    names = [record.name for record in records]
    if colons := [name for name in names if ":" in name]:
        raise ValueError(f"the name {colons[0]!r} has a colon")
    if twice := {name for name, count in Counter(names).items() if count > 1}:
        raise ValueError(f"returns {', '.join(map(repr, sorted(twice)))} more than once")
    found = [builtins(record) for record in records]
    if steering := next(filter(CONTROL.search, _texts(found)), None):
        raise ValueError(f"the text {steering[:50]!r} holds control characters")
    return [msgspec.convert(record, kind) for record in found]


def _texts(value: Any) -> Iterator[str]:
    """All texts of a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in (*value.keys(), *value.values()) if isinstance(value, dict) else value:
            yield from _texts(each)


def unread_settings(task: TaskSpec) -> Iterator[str]:
    """Settings in a task's record that its kind does not have, in words; its kind must be known.

    A kind of a plugin that brings no record of its settings has what its tasks name, but for what looks mistyped.
    """
    chosen = [fields for choices in task.variants.values() for fields in choices.values()]
    kind = facts(task.kind)
    known = [*kind.settings.__struct_fields__, *task.variants]
    for settings in (task.recipe, *(fields.get("recipe", {}) for fields in chosen)):
        for key, value in settings.items():
            if key in kind.settings.__struct_fields__:
                yield from _misfit(kind.settings, key, value)
            elif key not in known and ((near := did_you_mean(key, known)) or kind.recipe or kind.like or not kind.dist):
                cure = near or f"It has {', '.join(known)}; the recipe of a kind of your own may have others."
                yield f"recipe has {key!r}, which is not a setting of kind {task.kind!r}. {cure}"


def _misfit(settings: type, key: str, value: Any) -> Iterator[str]:
    try:
        msgspec.convert({key: value}, settings)
    except msgspec.ValidationError as error:
        yield f"recipe: {key} = {value!r} is invalid ({str(error).partition(' - at')[0]})"


def misbuilt(error: BaseException) -> str:
    """What is wrong with the call of a record's class that raised ``error``: task, field, cure; else nothing."""
    if not isinstance(error, TypeError):
        return ""
    frame = extract_tb(error.__traceback__)[-1]
    calls = [node for node in ast.walk(_tree(frame.filename)) if isinstance(node, ast.Call)]
    for call in calls:
        kind = RECORDS.get(getattr(call.func, "id", getattr(call.func, "attr", "")))
        if (call.lineno, call.col_offset) == (frame.lineno, frame.colno) and kind:
            given = {each.arg: each.value for each in call.keywords}
            name = given.get("name")
            who = f"{kind.__name__} {name.value!r}" if isinstance(name, ast.Constant) else kind.__name__
            where = f"{Path(frame.filename).name}, line {frame.lineno}"
            return f"{who} ({where}): {_call_problem(str(error), kind, given)}"
    return ""


def _tree(filename: str) -> ast.Module:
    try:
        return ast.parse(Path(filename).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def _call_problem(message: str, kind: type, given: Mapping[str | None, Any]) -> str:
    fields = msgspec.structs.fields(kind)
    names: Sequence[str] = [each.name for each in fields]
    if found := UNKNOWN.fullmatch(message):
        cure = did_you_mean(found[1], [*names]) or f"It has {', '.join(names)}."
        return f"there is no field {found[1]!r}. {cure}"
    if found := ABSENT.fullmatch(message):
        later = fields[names.index(found[1]) :]
        absent = [each.name for each in later if each.required and each.name not in given]
        return f"it needs {', '.join([found[1]] if None in given else absent)} too"
    return f"{message}: name each field, as in {kind.__name__}({names[0]}=…)"
