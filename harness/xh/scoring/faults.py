"""What can be wrong with a file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

SHOWN = 3


class Fault(NamedTuple):
    """What is wrong, as the rest of a sentence about a file, and in which line; without ``fatal`` it is a remark."""

    what: str
    line: int | None = None
    fatal: bool = True


class Reading(NamedTuple):
    """A file's content, and what is wrong with it; ``value`` is None where it could not be read at all."""

    value: Any
    faults: list[Fault]


class Entry(NamedTuple):
    """What a line must be: a regular expression, and the same in words."""

    pattern: str
    expected: str

    def fault(self, text: str, line: int | None = None) -> Iterator[Fault]:
        """A fault if ``text`` does not fit."""
        if not re.fullmatch(self.pattern, text):
            yield Fault(f"{shortened(text)} is not {self.expected}", line)


def shortened(text: str) -> str:
    """A text as a literal of bearable length."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def described(path: str, faults: Sequence[Fault]) -> Iterable[str]:
    """One line per fault of a file, the first ones of many."""
    for fault in faults[:SHOWN]:
        yield f"{path}, line {fault.line}: {fault.what}" if fault.line else f"{path}: {fault.what}"
    if len(faults) > SHOWN:
        yield f"{path}: … and {len(faults) - SHOWN:,} more like these"
