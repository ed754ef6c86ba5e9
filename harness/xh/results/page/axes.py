"""What pictures share: their record, marks, steps of a scale, and labels that do not overlap."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from xh.results.page.elements import Markup, element

WIDTH, HEIGHT = 560, 300
LEFT, TOP, BELOW = 44, 12, 48
"""What a plot leaves at its left, above, and below for the scale."""

MARKS = ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5L5 0L0 5L-5 0z", "M-5-4h10L0 5z")
"""Circle, square, triangle, diamond, triangle upside down: what tells series apart without colour."""

LONGEST = 26
"""Letters of a name that have room; tables have the whole of it."""
LETTER = 7.2
"""The width of a letter on average."""

LEAST = 1e-6
"""Of a scale, from end to end."""


class Picture(NamedTuple):
    """What is drawn in so many pixels; ``title`` stands above it."""

    title: str
    drawn: tuple[Markup, ...]
    width: float = WIDTH
    height: float = HEIGHT


def figure(picture: Picture) -> Markup:
    """A picture in a page, with its title; a table has its numbers."""
    said, box = f"{picture.title}; its numbers are in the table below", f"0 0 {picture.width:g} {picture.height:g}"
    drawn = element("svg", *picture.drawn, viewBox=box, role="img", aria_label=said, class_="drawn")
    size = "small" if picture.width < WIDTH else None
    return element("figure", element("figcaption", picture.title), drawn, class_=size)


def step(low: float, high: float) -> float:
    """Between the lines of a scale: 1, 2 or 5 times a power of ten, so that there are about five."""
    rough = max(high - low, LEAST) / 5
    power: float = 10 ** floor(log10(rough))
    return power * next(each for each in (1, 2, 5, 10) if each * power >= rough)


def ticks(values: Sequence[float]) -> list[float]:
    """The values of a scale, from below the least to above the greatest."""
    width = step(min(values), max(values))
    return [width * number for number in range(floor(min(values) / width), ceil(max(values) / width) + 1)]


def digits(width: float) -> int:
    """Behind the point, so that numbers with this step between them differ."""
    return max(0, -floor(log10(width) + LEAST))


def apart(heights: Sequence[float], line: float, bottom: float) -> list[float]:
    """The heights moved so that labels there, of the height ``line``, do not overlap, the last at ``bottom``."""
    moved: dict[int, float] = {}
    last = -line
    for each in sorted(range(len(heights)), key=heights.__getitem__):
        moved[each] = last = max(heights[each], last + line)
    over = max(0.0, last - bottom)
    return [moved[each] - over for each in range(len(heights))]


def label(name: str, **place: float | str | None) -> Markup:
    """A name in a picture, shortened where there is no room for it."""
    return element("text", _fitting(name), **place)


def room(names: Sequence[str]) -> float:
    """The width of the longest of these names as they are shown."""
    return LETTER * max((len(_fitting(name)) for name in names), default=0)


def _fitting(name: str) -> str:
    """A long name loses its middle: those of one picture often differ in their last words alone."""
    if len(name) <= LONGEST:
        return name
    last = 2 * LONGEST // 3
    return f"{name[: LONGEST - 1 - last]}…{name[-last:]}"


def mark(number: int, x: float, y: float, of: str | None = None) -> Markup:
    """The mark of a series; ``of``: its class."""
    return element("path", class_=of, d=MARKS[number % len(MARKS)], transform=f"translate({x} {y})")


def hue(number: int) -> str:
    """The class of a series, which gives it its colour."""
    return f"hue{number % len(MARKS)}"
