"""Line charts: a line for each series, with its marks, its name at its end, and levels that it is compared with."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor
from typing import NamedTuple

from xh.results.page.axes import BELOW, HEIGHT, LEFT, TOP, WIDTH, Picture, apart, digits, hue, label, mark, room, step
from xh.results.page.elements import Markup, element
from xh.results.records import Interval

BETWEEN = 16
"""Labels."""
MARKED = 8
"""Points of a line at most that have marks."""
APART, WIDEST = 6.0, 30.0
"""Between intervals at one place; all of them together."""
INSET, GAP = 20, 24
"""Beside the first and last point; before a name."""

Size = tuple[float, float]


class Line(NamedTuple):
    """A series: its points on both scales; ``ends`` of the interval at each; ``levels`` are dashed."""

    name: str
    points: Sequence[tuple[float, float]]
    ends: Sequence[Interval | None] = ()
    levels: Sequence[float] = ()


class Frame(NamedTuple):
    """Where the plot is in a picture, and the ends of its scales."""

    right: float
    bottom: float
    xs: Interval
    ys: Interval
    width: float
    """Between the lines of the scale."""

    def x(self, value: float) -> float:
        """The x of a value."""
        low, high = self.xs
        share = (value - low) / (high - low) if high > low else 0.5
        return round(LEFT + INSET + (self.right - LEFT - 2 * INSET) * share, 1)

    def y(self, value: float) -> float:
        """The y of a value."""
        low, high = self.ys
        return round(self.bottom - (self.bottom - TOP) * (value - low) / (high - low), 1)


def chart(
    title: str,
    lines: Sequence[Line],
    ticks: Mapping[float, str],
    under: str,
    least: float,
    size: Size = (WIDTH, HEIGHT),
    last: float | None = None,
    least_digits: int = 0,
) -> Picture:
    """A picture of lines; ``ticks`` by value on the scale ``under`` it, which reaches to ``last``.

    ``least``: what the scale at the side spans at least, ``least_digits``: behind the points of its numbers.
    """
    width, height = size
    xs = [*ticks, *(x for line in lines for x, _ in line.points), *([] if last is None else [last])]
    right = width - GAP - room([line.name for line in lines])
    frame = _frame(lines, (min(xs), max(xs)), least, right, height - BELOW)
    middle = element("text", under, x=(LEFT + frame.right) / 2, y=height - 12, text_anchor="middle")
    heights = apart([frame.y(line.points[-1][1]) for line in lines], BETWEEN, frame.bottom)
    placed = zip(lines, heights, _shifts(lines), strict=True)
    drawn = [part for number, each in enumerate(placed) for part in _drawn(frame, number, *each)]
    return Picture(title, (*_grid(frame, ticks, least_digits), middle, *drawn), width, height)


def _frame(lines: Sequence[Line], xs: Interval, least: float, right: float, bottom: float) -> Frame:
    ends = [end for line in lines for interval in line.ends if interval for end in interval]
    ys = [*(y for line in lines for _, y in line.points), *(y for line in lines for y in line.levels), *ends]
    low, high = min(ys), max(*ys, min(ys) + least)
    width = step(low, high)
    span = width * floor(low / width), width * (floor(high / width) + 1)
    return Frame(right, bottom, xs, span, width)


def _grid(frame: Frame, ticks: Mapping[float, str], least: int) -> Iterator[Markup]:
    (low, high), places = frame.ys, max(least, digits(frame.width))
    for number in range(ceil(low / frame.width), floor(high / frame.width) + 1):
        y = frame.y(number * frame.width)
        yield element("path", class_="z", d=f"M{LEFT} {y}H{frame.right:g}")
        yield element("text", f"{number * frame.width:.{places}f}", x=LEFT - 6, y=y + 4, text_anchor="end")
    for value, text in ticks.items():
        yield element("text", text, x=frame.x(value), y=frame.bottom + 18, text_anchor="middle")


def _shifts(lines: Sequence[Line]) -> list[float]:
    """How far each line is moved aside, so that intervals do not cover one another."""
    apart = min(APART, WIDEST / len(lines)) if any(any(line.ends) for line in lines) else 0.0
    return [apart * (number - (len(lines) - 1) / 2) for number in range(len(lines))]


def _drawn(frame: Frame, number: int, line: Line, end: float, shift: float) -> Iterator[Markup]:
    """A line, moved by ``shift``, with its intervals, marks and levels, and its name at the height ``end``."""
    places = [(round(frame.x(x) + shift, 1), frame.y(y)) for x, y in line.points]
    drawn = [element("path", class_="line", d="M" + "L".join(f"{x} {y}" for x, y in places))]
    drawn += [
        element("path", class_="line", d=f"M{x} {frame.y(interval[0])}V{frame.y(interval[1])}")
        for (x, _), interval in zip(places, line.ends, strict=False)
        if interval
    ]
    levels = dict.fromkeys(map(frame.y, line.levels))
    drawn += [element("path", class_="line dashed", d=f"M{LEFT} {y}H{frame.right:g}") for y in levels]
    drawn += [mark(number, x, y) for x, y in places] if len(places) <= MARKED else []
    yield element("g", *drawn, mark(number, frame.right + 14, end), class_=hue(number))
    yield label(line.name, x=frame.right + GAP, y=end + 4)
