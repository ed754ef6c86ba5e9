"""Views as pictures: what ``xh figure`` writes, a notebook shows, and in part the page has."""

from collections.abc import Iterator

from xh.plugins.registry import known
from xh.results.blocks import blocks
from xh.results.figure import SANS, Figure, figure, pixels
from xh.results.grids import Grid
from xh.results.layers import LAYERS
from xh.results.page.axes import WIDTH, Picture
from xh.results.page.curves import curves
from xh.results.page.dots import dots
from xh.results.page.heatmap import heatmap
from xh.results.page.layers import layers
from xh.results.page.scatter import scatter
from xh.results.page.tables import HEATMAP
from xh.results.records import Results
from xh.results.texts import plain
from xh.results.view import View
from xh.results.views import VIEWS, Shown, drawn_as
from xh.spec import UsageError
from xh.spec.comparisons import MEASURES

CURVE = "curve-"
"""What the names of curves' grids begin with; behind it the axis."""


def plotted(results: Results, view: str = HEATMAP, width: str | float = WIDTH, font: str = SANS) -> Figure:
    """A view of results as a figure; raises as :func:`pictures`, and for what is no width or font."""
    return figure(pictures(results, view, pixels(width)), font)


def pictures(results: Results, view: str, width: float = WIDTH) -> list[Picture]:
    """A view (as ``--view`` takes it) in pictures so many pixels wide; that of ``table`` has dots for its differences.

    Raises :class:`~xh.spec.UsageError` for a view that is not there or of which there is nothing to draw.
    """
    known("view", view.partition(":")[0], VIEWS)
    there = blocks(results, View(views=(view,), ci=True))
    titles = [f" · {block.caption}" if len(there) > 1 else "" for block in there]
    found = [
        picture._replace(title=f"{picture.title}{title}")
        for block, title in zip(there, titles, strict=True)
        if block.shown
        for grid in drawn_as(view, block.shown)
        for picture in _of_grid(grid, block.shown, width)
    ]
    if not found:
        todo = f"xh report --view {view} shows what there is; a picture needs differences to a baseline, or a curve."
        raise UsageError(f"There is nothing to draw of the view {view}.", todo=todo)
    return found


def _of_grid(grid: Grid, shown: Shown, width: float) -> Iterator[Picture]:
    if grid.name == HEATMAP:
        yield heatmap(grid, width)
    elif charts := list(charted(grid.name, shown, width)):
        yield from charts
    elif picture := dots(grid, languages(shown), width):
        yield picture


def charted(name: str, shown: Shown, width: float = WIDTH) -> Iterator[Picture]:
    """The pictures that a page has above the grid of this name."""
    if name.startswith(CURVE):
        yield from curves(shown, name.removeprefix(CURVE), width)
    elif name.startswith(LAYERS):
        yield from layers(shown, name, width)
    elif name in MEASURES:
        yield from scatter(shown.similar, shown.arms, name, width)


def languages(shown: Shown) -> set[str]:
    """The languages that lines or columns may be of."""
    return {plain(each.lang) for each in shown.summaries if each.lang}
