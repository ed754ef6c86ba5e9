"""A heat map as a picture: differences as numbers on colours, a line for each arm and a column for each target."""

from collections.abc import Iterator

from xh.results.grids import Entry, Grid, Line
from xh.results.numbers import heading, written
from xh.results.page.axes import LONGEST, WIDTH, Picture, label, room
from xh.results.page.elements import Markup, element
from xh.results.page.strips import UNSURE, kind
from xh.results.page.tables import shade
from xh.results.texts import short

ROW, HEAD = 24, 26
BESIDE = 10
"""Between a line's name and its cells."""
LEAST = 44
"""The width of a column."""
STEEP = 35
"""Degrees by which names turn for which a column is too narrow."""
STEP = 0.1
"""Of opacity, for each step of colour."""


def heatmap(grid: Grid, width: float = WIDTH) -> Picture:
    """The picture of a grid of differences; wider than ``width`` where columns would have no room."""
    names = [heading(line.name) for line in grid.lines]
    left = room(names) + BESIDE
    cell = max(LEAST, (width - left) / max(len(grid.columns), 1))
    turned = room(grid.columns) > cell
    head = HEAD + (room(grid.columns) * 0.6 if turned else 0)
    most = max((abs(entry.delta or 0) for line in grid.lines for entry in line.entries), default=0)
    drawn = [*_heads(grid, left, cell, head, turned)]
    for number, line in enumerate(grid.lines):
        y = head + number * ROW
        drawn.append(label(names[number], x=left - BESIDE, y=y + 16, text_anchor="end"))
        drawn += _cells(line, left, cell, y, most)
    right = left + cell * len(grid.columns) + (room(grid.columns[-1:]) * 0.6 if turned else 0)
    wide = round(right, 1) if right > width + 1 else width
    return Picture(grid.title, tuple(drawn), wide, head + ROW * len(grid.lines) + 4)


def _heads(grid: Grid, left: float, cell: float, head: float, turned: bool) -> Iterator[Markup]:
    for number, name in enumerate(grid.columns):
        x, y = round(left + (number + 0.5) * cell, 1), round(head - 8, 1)
        if turned:
            yield label(name, transform=f"translate({x} {y}) rotate(-{STEEP})")
        else:
            yield label(name, x=x, y=y, text_anchor="middle")


def _cells(line: Line, left: float, cell: float, y: float, most: float) -> Iterator[Markup]:
    for number, entry in enumerate(line.entries):
        x = round(left + number * cell, 1)
        if colour := _colour(entry, most):
            yield element("rect", x=x + 1, y=y + 1, width=round(cell - 2, 1), height=ROW - 2, **colour)
        unsure = UNSURE if entry.delta is not None and kind(entry) == UNSURE else None
        text = short(written(entry._replace(interval=None)), LONGEST)
        yield element("text", text, x=round(x + cell / 2, 1), y=y + 16, text_anchor="middle", class_=unsure)


def _colour(entry: Entry, most: float) -> dict[str, str]:
    """The colour of a cell, the same as in the table."""
    found = shade(entry, most) if most and entry.delta is not None else ""
    first = found.partition(" ")[0]
    if first in ("", UNSURE):
        return {}
    return {"class_": first.rstrip("0123456789"), "fill_opacity": f"{STEP * int(first[-1]):.1f}"}
