"""Curves: averages along an axis of numbers, a picture for each target."""

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import NamedTuple

from xh.results.arms import LAST, position
from xh.results.averages import BENCHMARKS
from xh.results.numbers import heading
from xh.results.page.axes import HEIGHT, WIDTH, Picture
from xh.results.page.lines import Line, chart
from xh.results.records import Interval, Summary
from xh.results.texts import plain
from xh.results.views import Shown
from xh.spec.cell import written

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


def curves(shown: Shown, axis: str, width: float = WIDTH) -> Iterator[Picture]:
    """A picture for each target that has two values on the axis, with a curve for each arm."""
    name, xs = plain(axis.replace("_", "-")), _xs(shown.arms.axes[axis])
    ticks = {x: plain(written(axis, value)) for value, x in xs.items()}
    for target, arms in _arms(shown, axis).items():
        lines = [_line(arm, found, xs) for arm, found in arms.items() if len(found) > 1]
        if lines:
            title = plain(f"{'benchmark' if target in BENCHMARKS else target} by {name}")
            yield chart(title, lines, ticks, name, NARROW, (width, HEIGHT), least_digits=1)


def _arms(shown: Shown, axis: str) -> dict[str, dict[str, list[Point]]]:
    """By target and arm the points of a curve."""
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


def _line(arm: str, found: Sequence[Point], xs: Mapping[float, float]) -> Line:
    return Line(
        name=plain(arm),
        points=[(xs[point.value], point.mean) for point in found],
        ends=[point.ends for point in found],
        levels=[point.baseline for point in found if point.baseline is not None],
    )


def _xs(values: Sequence[float]) -> dict[float, float]:
    """Numbers on a scale, a logarithmic one if they are far apart; rows and shares of rows together side by side."""
    if len({type(value) for value in values}) > 1:
        return dict(zip(values, range(len(values)), strict=True))
    if values[0] > 0 and values[-1] / values[0] >= DECADE:
        return {value: log10(value) for value in values}
    return {value: value for value in values}
