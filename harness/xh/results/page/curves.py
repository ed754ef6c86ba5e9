"""Curves: averages along an axis of numbers, a picture for each target."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from xh.results.arms import LAST, position
from xh.results.averages import BENCHMARK
from xh.results.numbers import heading, points
from xh.results.page.axes import BOTTOM, HEIGHT, LEFT, MARKS, TOP, apart, figure, label, step
from xh.results.page.elements import Markup, element
from xh.results.records import Interval, Summary
from xh.results.texts import plain
from xh.results.views import Shown
from xh.spec.cell import written

RIGHT = 370
LINE = 16
"""Between labels."""

NARROW = 0.5
"""Points that a picture has at least from bottom to top."""

DECADE = 8
"""Numbers as many times apart are better seen on a logarithmic scale."""


class Point(NamedTuple):
    """An average at ``value`` of the axis; ``ends``: its baseline plus the ends of the interval of the difference."""

    value: float
    mean: float
    baseline: float | None
    ends: Interval | None


class Frame(NamedTuple):
    """Where things stand in a picture: by value of the axis the x, and the y of ``low`` to ``high`` percent."""

    xs: Mapping[float, float]
    low: float
    high: float

    def y(self, value: float) -> float:
        """The y of a score."""
        return round(BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.high - self.low), 1)


def curves(shown: Shown, axis: str) -> Iterator[Markup]:
    """A picture for each target that has two values on the axis, with a curve for each arm."""
    for target, lines in _lines(shown, axis).items():
        lines = {arm: line for arm, line in lines.items() if len(line) > 1}
        if lines:
            yield _figure(target, axis, lines, _frame(shown.arms.axes[axis], lines))


def _lines(shown: Shown, axis: str) -> dict[str, dict[str, list[Point]]]:
    found: dict[str, dict[str, list[Point]]] = {}
    others = shown.arms.without(axis)
    for each in sorted(shown.summaries, key=shown.arms.order):
        at = position(each, axis)
        if each.lang is None and each.metric is None and each.mean is not None and at is not None:
            by_label = found.setdefault(each.target, {})
            by_label.setdefault(heading(others.label(each)), []).append(_point(each, at, axis))
    return found


def _point(each: Summary, at: float, axis: str) -> Point:
    interval, baseline = each.ci95_examples, each.baseline
    ends = (baseline + interval[0], baseline + interval[1]) if interval and baseline is not None else None
    return Point(at, each.mean or 0.0, baseline if axis == LAST else None, ends)


def _frame(values: Sequence[float], lines: Mapping[str, Sequence[Point]]) -> Frame:
    every = [point for line in lines.values() for point in line]
    known = [score for each in every for score in (each.mean, each.baseline, *(each.ends or ())) if score is not None]
    width = step(min(known), max(*known, min(known) + NARROW))
    return Frame(_xs(values), width * floor(min(known) / width), width * (floor(max(known) / width) + 1))


def _xs(values: Sequence[float]) -> dict[float, float]:
    """Numbers on a scale, a logarithmic one if they are far apart; rows and shares of rows together side by side."""
    if len({type(value) for value in values}) > 1:
        at: list[float] = list(range(len(values)))
    elif values[0] > 0 and values[-1] / values[0] >= DECADE:
        at = [log10(value) for value in values]
    else:
        at = list(values)
    width = (RIGHT - LEFT - 40) / (at[-1] - at[0])
    return {value: round(LEFT + 20 + width * (place - at[0]), 1) for value, place in zip(values, at, strict=True)}


def _figure(target: str, axis: str, lines: Mapping[str, Sequence[Point]], frame: Frame) -> Markup:
    name = axis.replace("_", "-")
    title = plain(f"{'benchmark' if target == BENCHMARK else target} by {name}")
    middle = element("text", plain(name), x=(LEFT + RIGHT) / 2, y=HEIGHT - 12, text_anchor="middle")
    ends = apart([frame.y(line[-1].mean) for line in lines.values()], LINE)
    drawn = [
        part
        for number, ((arm, line), end) in enumerate(zip(lines.items(), ends, strict=True))
        for part in _curve(plain(arm), line, frame, number, end)
    ]
    return figure(title, *_grid(frame, axis), middle, *drawn)


def _grid(frame: Frame, axis: str) -> Iterator[Markup]:
    width = step(frame.low, frame.high)
    for number in range(ceil(frame.low / width), floor(frame.high / width) + 1):
        y = frame.y(number * width)
        yield element("path", class_="z", d=f"M{LEFT} {y}H{RIGHT}")
        yield element("text", points(number * width), x=LEFT - 6, y=y + 4, text_anchor="end")
    for value, x in frame.xs.items():
        yield element("text", plain(written(axis, value)), x=x, y=BOTTOM + 18, text_anchor="middle")


def _curve(name: str, line: Sequence[Point], frame: Frame, number: int, end: float) -> Iterator[Markup]:
    """A curve with its intervals, its marks, its label at the height ``end``, and its baseline, dashed."""
    places = [(frame.xs[point.value], frame.y(point.mean)) for point in line]
    drawn = [element("path", class_="line", d="M" + "L".join(f"{x} {y}" for x, y in places))]
    drawn += [
        element("path", class_="line", d=f"M{x} {frame.y(point.ends[0])}V{frame.y(point.ends[1])}")
        for (x, _), point in zip(places, line, strict=True)
        if point.ends
    ]
    baselines = dict.fromkeys(frame.y(point.baseline) for point in line if point.baseline is not None)
    drawn += [element("path", class_="line dashed", d=f"M{LEFT} {y}H{RIGHT}") for y in baselines]
    drawn += [_mark(number, x, y) for x, y in places]
    yield element("g", *drawn, _mark(number, RIGHT + 14, end), class_=f"hue{number % len(MARKS)}")
    yield label(name, x=RIGHT + 24, y=end + 4)


def _mark(number: int, x: float, y: float) -> Markup:
    return element("path", d=MARKS[number % len(MARKS)], transform=f"translate({x} {y})")
