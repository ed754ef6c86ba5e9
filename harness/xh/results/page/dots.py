"""Dots: the differences of a table with their intervals, a line for each language or average, a mark for each arm."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xh.results.grids import Entry, Grid, Line
from xh.results.numbers import heading, signed
from xh.results.page.axes import WIDTH, Picture, hue, label, mark, room, ticks
from xh.results.page.elements import Markup, element
from xh.results.page.strips import UNSURE, kind
from xh.results.page.tables import facts_of, upright

AROUND, PART = 10, 11
"""Pixels of a line, and of each arm in it."""
BESIDE, END = 12, 16
"""Between a line's name and the scale; behind the scale."""
LEGEND = 20
"""Of a line of names."""
BELOW = 40
NARROW = 0.5
"""Points that the scale spans at least."""


class Frame(NamedTuple):
    """Where the scale of differences lies."""

    left: float
    right: float
    ticks: Sequence[float]

    def x(self, value: float) -> float:
        """The x of a difference."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(self.left + (self.right - self.left) * (value - low) / (high - low), 1)


def dots(grid: Grid, langs: set[str], width: float = WIDTH) -> Picture | None:
    """The picture of a grid, in which a hollow mark may be chance; None where it has no differences.

    Lines that are of ``langs`` have the languages' names.
    """
    grid = upright(grid, langs)
    arms = [at for at in range(len(grid.columns)) if any(line.entries[at].delta is not None for line in grid.lines)]
    lines = [line for line in grid.lines if any(line.entries[at].delta is not None for at in arms)]
    if not lines:
        return None
    names = [_name(line.name, langs) for line in lines]
    ends = [0.0, *(each for line in lines for at in arms for each in _ends(line.entries[at]))]
    frame = Frame(round(room(names) + BESIDE, 1), width - END, ticks([*ends, min(ends) + NARROW]))
    legend = list(_legend([heading(grid.columns[at]) for at in arms], width)) if len(arms) > 1 else []
    top = LEGEND * len(legend) + 4
    height = AROUND + PART * len(arms)
    bottom = top + height * len(lines)
    drawn = [element("g", *row, transform=f"translate(0 {at * LEGEND})") for at, row in enumerate(legend)]
    drawn += _scale(frame, top, bottom)
    for at, (line, name) in enumerate(zip(lines, names, strict=True)):
        drawn += _line(line, name, arms, frame, top + height * at, height)
    return Picture(grid.title, tuple(drawn), width, bottom + BELOW)


def _name(name: str, langs: set[str]) -> str:
    """``German (de)``."""
    title = facts_of(name)[0] if name in langs else ""
    return f"{title} ({name})" if title else name


def _ends(entry: Entry) -> Sequence[float]:
    return () if entry.delta is None else (entry.delta, *(entry.interval or ()))


def _legend(names: Sequence[str], width: float) -> Iterator[list[Markup]]:
    """The arms with their marks, in as many rows as they need."""
    row: list[Markup] = []
    x = 10.0
    for number, name in enumerate(names):
        wide = room([name]) + 34
        if row and x + wide > width:
            yield row
            row, x = [], 10.0
        row += [element("g", mark(number, x, 10), class_=hue(number)), label(name, x=x + 10, y=14)]
        x = round(x + wide, 1)
    yield row


def _scale(frame: Frame, top: float, bottom: float) -> Iterator[Markup]:
    for value in frame.ticks:
        x = frame.x(value)
        yield element("path", class_="z" if abs(value) > 1e-9 else "zero", d=f"M{x} {top}V{bottom}")
        yield element("text", signed(value), x=x, y=bottom + 16, text_anchor="middle")
    middle = (frame.left + frame.right) / 2
    yield element("text", "difference in points", x=middle, y=bottom + 34, text_anchor="middle")


def _line(line: Line, name: str, arms: Sequence[int], frame: Frame, top: float, height: float) -> Iterator[Markup]:
    bold = "total" if line.total else None
    yield label(name, x=frame.left - BESIDE, y=round(top + height / 2 + 4, 1), text_anchor="end", class_=bold)
    for number, at in enumerate(arms):
        entry, y = line.entries[at], round(top + AROUND / 2 + PART * (number + 0.5), 1)
        if entry.delta is not None:
            yield from _dot(entry, number, frame, y)


def _dot(entry: Entry, number: int, frame: Frame, y: float) -> Iterator[Markup]:
    if entry.interval:
        ends = f"M{frame.x(entry.interval[0])} {y}H{frame.x(entry.interval[1])}"
        yield element("g", element("path", class_="line", d=ends), class_=hue(number))
    dot = mark(number, frame.x(entry.delta or 0), y, "open" if kind(entry) == UNSURE else None)
    yield element("g", dot, class_=hue(number))
