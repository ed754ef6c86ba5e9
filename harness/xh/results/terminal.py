"""Blocks for a terminal, or as plain text of the same shape."""

import io
import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from xh.plan import BASELINE
from xh.results.blocks import Block
from xh.results.grids import Entry, Grid
from xh.results.numbers import MARK, heading, points, signed

WIDTH = 80
INDENT = 2


def render(blocks: Iterable[Block]) -> str:
    """Blocks as text; with colours and of the terminal's width where the output is a terminal."""
    colours = sys.stdout.isatty()
    text = io.StringIO()
    console = Console(file=text, force_terminal=colours, width=None if colours else WIDTH, highlight=False)
    for block in blocks:
        _print(block, console)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines()) + "\n"


def _print(block: Block, console: Console) -> None:
    console.print(Text(block.caption, style="dim"))
    console.print()
    for grid in block.grids:
        console.print(Text(grid.title, style="bold"))
        for part in _parts(grid, console.width):
            console.print(Padding(_table(part), (0, 0, 1, INDENT)))
    for note in block.notes:
        console.print(Text(note, style="yellow"))
    console.print()


def _parts(grid: Grid, width: int) -> Iterator[Grid]:
    """A grid cut by columns so that each part fits; every part begins with the baseline."""
    names = max([len(line.name) for line in grid.lines], default=0)
    fixed = grid.columns[:1] if grid.columns[:1] == (BASELINE,) else ()
    others = range(len(fixed), len(grid.columns))
    room = width - INDENT - names - sum(_width(name) for name in fixed)
    size = max(1, room // max([_width(grid.columns[i]) for i in others], default=room or 1))
    for start in range(0, len(others), size) or [0]:
        yield _cut(grid, [*range(len(fixed)), *others[start : start + size]])


def _width(column: str) -> int:
    """Two spaces, then the heading or the value and its difference."""
    return 2 + (len(heading(column)) if column == BASELINE else max(len(column), len("100.0 +100.0")))


def _cut(grid: Grid, kept: list[int]) -> Grid:
    lines = tuple(type(line)(line.name, tuple(line.entries[i] for i in kept), line.total) for line in grid.lines)
    return Grid(grid.title, tuple(grid.columns[i] for i in kept), lines)


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False, header_style="dim")
    table.add_column()
    for column in grid.columns:
        table.add_column(heading(column), justify="right", min_width=0 if column == BASELINE else 12, no_wrap=True)
    for line in grid.lines:
        table.add_row(line.name, *map(_entry, line.entries), style="bold" if line.total else None)
    return table


def _entry(entry: Entry) -> Text:
    text = Text(points(entry.value))
    text.append(MARK if entry.at_chance else " ", style="yellow")
    if entry.delta is not None:
        change = signed(entry.delta)
        colour = {"+": "green", "-": "red"}.get(change[0], "dim")
        text.append(f"{change:>5}", style=colour)
    return text
