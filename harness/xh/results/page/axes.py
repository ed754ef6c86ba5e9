"""What pictures share: their size, marks, steps of a scale, and labels that do not overlap."""

from collections.abc import Sequence
from math import floor, log10

from xh.results.page.elements import Markup, element

WIDTH, HEIGHT = 560, 300
LEFT, TOP, BOTTOM = 44, 12, 252

MARKS = ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5L5 0L0 5L-5 0z", "M-5-4h10L0 5z")
"""Circle, square, triangle, diamond, triangle upside down: what tells series apart without colour."""

LONGEST = 26
"""Letters of a name that have room; tables have the whole of it."""

LEAST = 1e-6
"""Of a scale, from end to end."""


def figure(title: str, *drawn: Markup) -> Markup:
    """A picture with its title, whose numbers a table has."""
    said = f"{title}; its numbers are in the table below"
    picture = element("svg", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=said, class_="drawn")
    return element("figure", element("figcaption", title), picture)


def step(low: float, high: float) -> float:
    """Between the lines of a scale: 1, 2 or 5 times a power of ten, so that there are about five."""
    rough = max(high - low, LEAST) / 5
    power: float = 10 ** floor(log10(rough))
    return power * next(each for each in (1, 2, 5, 10) if each * power >= rough)


def apart(heights: Sequence[float], line: float) -> list[float]:
    """The heights moved so that labels there, of the height ``line``, do not overlap."""
    moved: dict[int, float] = {}
    last = -line
    for each in sorted(range(len(heights)), key=heights.__getitem__):
        moved[each] = last = max(heights[each], last + line)
    over = max(0.0, last - BOTTOM)
    return [moved[each] - over for each in range(len(heights))]


def label(name: str, **place: float | str) -> Markup:
    """A name in a picture, shortened where there is no room for it."""
    return element("text", name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…", **place)
