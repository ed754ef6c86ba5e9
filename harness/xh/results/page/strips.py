"""Strips: in a cell a difference to the baseline as a dot with its interval, on one scale for a whole table."""

from collections.abc import Iterable
from typing import NamedTuple

from xh.results.grids import Entry
from xh.results.numbers import signed
from xh.results.page.elements import Markup, element
from xh.results.records import Interval

WIDTH, HEIGHT, MARGIN = 100, 10, 4
ZERO = "At the vertical line there is none; a hollow dot may be chance."
UNSURE = "unsure"
"""Of a difference that may be none."""


class Scale(NamedTuple):
    """From ``low`` to ``high`` points; both are of some difference, of an end of its interval, or 0."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a difference stands in a strip."""
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (value - self.low) / (self.high - self.low), 1)

    @property
    def said(self) -> str:
        """How the strips of a table are to be read."""
        ends = f"{signed(self.low)} to {signed(self.high)} points"
        return f"Strips: the difference with its 95% interval, from {ends}. {ZERO}"


def scale(entries: Iterable[Entry]) -> Scale | None:
    """The scale of a table's differences; None where it has none, or all are 0."""
    values = [0.0]
    for entry in entries:
        if entry.delta is not None:
            values += [entry.delta, *(entry.interval or ())]
    low, high = min(values), max(values)
    return Scale(low, high) if high > low else None


def strip(entry: Entry, scale: Scale) -> Markup:
    """One difference."""
    interval = entry.interval
    line = [] if interval is None else [_path("i", f"M{scale.x(interval[0])} 5H{scale.x(interval[1])}")]
    dot = element("circle", class_=kind(entry), cx=scale.x(entry.delta or 0), cy=5, r=3)
    zero = _path("z", f"M{scale.x(0)} 0v{HEIGHT}")
    return element("svg", zero, *line, dot, viewBox=f"0 0 {WIDTH} {HEIGHT}", aria_hidden="true")


def kind(entry: Entry) -> str:
    """``gain`` or ``loss`` where the p-value says so, or without one the interval; else ``unsure``."""
    sure = entry.is_significant if entry.p is not None else _excludes_zero(entry.interval)
    return UNSURE if not sure else "gain" if (entry.delta or 0) > 0 else "loss"


def _excludes_zero(interval: Interval | None) -> bool:
    return interval is not None and not interval[0] <= 0 <= interval[1]


def _path(name: str, drawn: str) -> Markup:
    return element("path", class_=name, d=drawn)
