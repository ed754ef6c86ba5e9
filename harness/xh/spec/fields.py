"""What does not fit a record, in the words of whoever wrote it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct, ValidationError, convert, to_builtins

from xh.spec.errors import did_you_mean

EXPECTED = re.compile(r"Expected `(?P<want>[^`]+)`, got `(?P<got>[^`]+)`")
CHOICE = re.compile(r"Invalid enum value '?(?P<got>[^']*)'?")
PLACE = re.compile(r" - at `\$(?P<inside>.*)`")
WORDS = {
    "array": "a tuple",
    "object": "a dict",
    "str": "a str",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "null": "None",
}

hints_of = cache(get_type_hints)


def mistyped(record: Struct) -> Iterator[str]:
    """Each field whose value is not of its type: where it is, what it must be, and what to write."""
    for name in record.__struct_fields__:
        value, hint = getattr(record, name), hints_of(type(record))[name]
        if isinstance(value, set):
            yield f"{name} must be a tuple, not a set, which has no order"
        try:
            convert(builtins(value), hint)
        except (ValidationError, TypeError) as error:
            yield _in_words(name, value, hint, str(error))


def builtins(value: Any) -> Any:
    """A record as dictionaries, lists and texts; classes, which records of settings are, stay as they are."""
    return to_builtins(value, builtin_types=(type(Struct),))


def _in_words(name: str, value: Any, hint: Any, message: str) -> str:
    inside = PLACE.search(message)
    where = name + (inside["inside"] if inside else "").replace("[...]", "[…]")
    records = {each.__name__: each for each in parts(hint) if isinstance(each, type) and issubclass(each, Struct)}
    if found := CHOICE.match(message):
        known = [str(each) for each in choices(hint)]
        hint_text = did_you_mean(found["got"], known) or "Known: " + ", ".join(map(repr, known)) + "."
        return f"{where} can't be {found['got']!r}. {hint_text}"
    if records and where == name and not isinstance(value, Struct | tuple | list):
        return f"{name} must be {' or '.join(f'{each}(…)' for each in records)}, not {type(value).__name__}"
    if found := EXPECTED.match(message):
        wants = " or ".join(WORDS.get(word, word) for word in found["want"].split(" | "))
        cure = f": write ({value!r},)" if found["want"] == "array" and where == name and isinstance(value, str) else ""
        return f"{where} must be {wants}, not {WORDS.get(found['got'], found['got'])}{cure}"
    return f"{where}: {PLACE.sub('', message)}"


def parts(hint: Any) -> Iterator[Any]:
    """A type and all that it is made of."""
    yield hint
    if get_origin(hint) is not Literal:
        for each in get_args(hint):
            yield from parts(each)


def choices(hint: Any) -> list[Any]:
    """The values of the literals in a type."""
    return [value for each in parts(hint) if get_origin(each) is Literal for value in get_args(each)]
