"""Blocks as text: in colours on a terminal, else plain."""

import io
import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from xh.results.blocks import Block
from xh.results.grids import Entry, Grid
from xh.results.numbers import MARK, between, change, heading, points, spread, written
from xh.results.sections import Section
from xh.spec.cell import BASELINE

WIDTH = 80
INDENT = 2
FOLDED = "--notes shows all"
LEAST = 12
"""Characters of a column that is not the baseline's."""

NAME = 12
"""Characters of names that are not wrapped, however narrow a terminal is."""

CHANGE = 6
"""Characters of a difference with the space before it."""


def render(blocks: Iterable[Block], sections: Iterable[Section] = ()) -> str:
    """Blocks as text; with colours and of the terminal's width where the output is a terminal."""
    colours = sys.stdout.isatty()
    text = io.StringIO()
    console = Console(file=text, force_terminal=colours, width=None if colours else WIDTH, highlight=False)
    for block in blocks:
        _print(block, console)
    for section in sections:
        _append(section, console)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines()) + "\n"


def _print(block: Block, console: Console) -> None:
    console.print(Text(block.caption, style="dim"))
    console.print()
    for grid in block.grids:
        console.print(Text(grid.title, style="bold"))
        for part in _parts(grid, console.width):
            console.print(Padding(_table(part, console.width), (0, 0, 1, INDENT)))
    for note in block.notes:
        console.print(Text(note, style="yellow"))
    if block.folded:
        console.print(Text(FOLDED, style="dim"))
    console.print()


def _append(section: Section, console: Console) -> None:
    console.print(Text(section.title, style="bold"))
    for line in section.lines:
        text = Text(" " * INDENT + line) if section.code else Padding(Text(line), (0, 0, 0, INDENT))
        console.print(text, soft_wrap=section.code)
    console.print()


def _parts(grid: Grid, width: int) -> Iterator[Grid]:
    """A grid cut by columns so that each part fits, with as many as do; every part begins with the baseline.

    In a narrow terminal names are wrapped, and the baseline stands alone.
    """
    names = max([len(line.name) for line in grid.lines], default=0)
    widths = [2 + len(_lines(column[0])[0]) for column in _columns(grid, width)]
    most = width - INDENT - min(names, NAME)
    fixed = int(grid.columns[:1] == (BASELINE,) and widths[0] + max(widths[1:], default=0) <= most)
    needed = sum(widths[:fixed]) + max(widths[fixed:], default=0)
    room = max(width - INDENT - names, min(most, needed)) - sum(widths[:fixed])
    part: list[int] = []
    for number in range(fixed, len(grid.columns)):
        if part and sum(widths[each] for each in (*part, number)) > room:
            yield _cut(grid, [*range(fixed), *part])
            part = []
        part.append(number)
    yield _cut(grid, [*range(fixed), *part])


def _cut(grid: Grid, kept: list[int]) -> Grid:
    lines = tuple(type(line)(line.name, tuple(line.entries[i] for i in kept), line.total) for line in grid.lines)
    return Grid(grid.name, grid.title, tuple(grid.columns[i] for i in kept), lines)


def _table(grid: Grid, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False, show_header=False)
    table.add_column(overflow="fold")
    for _ in grid.columns:
        table.add_column(no_wrap=True)
    headings, *cells = zip(*_columns(grid, width), strict=True)
    table.add_row("", *headings, style="dim")
    for line, texts in zip(grid.lines, cells, strict=True):
        table.add_row(Text(line.name), *texts, style="bold" if line.total else None)
    return table


def _columns(grid: Grid, width: int) -> list[list[Text]]:
    """The columns' headings and cells; an interval that has no room beside its difference is below it."""
    names = max([len(line.name) for line in grid.lines], default=0)
    most = width - INDENT - 2 - min(names, NAME)
    return [_column(grid, number, most) for number in range(len(grid.columns))]


def _column(grid: Grid, number: int, most: int) -> list[Text]:
    """A column's heading and cells, all of one width, whose parts stand below each other."""
    entries = [line.entries[number] for line in grid.lines]
    cells = _cells(entries)
    if max(map(len, cells), default=0) > most:
        below = [entry.interval if entry.value is not None else None for entry in entries]
        above = _cells([entry._replace(interval=None) if entry.value is not None else entry for entry in entries])
        cells = [
            Text("\n").join([cell, Text(between(interval), style="dim")]) if interval else cell
            for cell, interval in zip(above, below, strict=True)
        ]
    cells = [
        Text(_folded(written(entry), most)) if entry.text else cell for entry, cell in zip(entries, cells, strict=True)
    ]
    column = [Text(_folded(heading(grid.columns[number]), most)), *cells]
    least = 0 if grid.columns[number] == BASELINE else LEAST
    width = max(least, *(len(line) for cell in column for line in _lines(cell)))
    return [_padded(cell, width) for cell in column]


def _folded(text: str, most: int) -> str:
    return "\n".join(text[start : start + most] for start in range(0, len(text), max(most, 1)))


def _lines(text: Text) -> list[Text]:
    return list(text.split("\n", allow_blank=True))


def _padded(cell: Text, width: int) -> Text:
    lines = _lines(cell)
    for line in lines:
        line.pad_left(width - len(line))
    return Text("\n").join(lines)


def _cells(entries: Sequence[Entry]) -> list[Text]:
    spreads = [spread(entry.sd) for entry in entries]
    unmarked = " " * any(entry.is_significant for entry in entries)
    widest = max((len(between(entry.interval)) for entry in entries if entry.interval), default=0)
    changes = ["" if entry.value is None else change(entry, unmarked, widest) for entry in entries]
    marks = int(any(entry.at_chance for entry in entries))
    sds = max(map(len, spreads), default=0)
    room = max([max(CHANGE + len(unmarked), 1 + len(text)) for text in changes if text], default=0)
    return [_cell(*each, sds, marks, room) for each in zip(entries, spreads, changes, strict=True)]


def _cell(entry: Entry, sd: str, changed: str, sds: int, marks: int, room: int) -> Text:
    if entry.text or (entry.interval and entry.value is None):
        return Text(written(entry))
    text = Text(points(entry.value) + sd.ljust(sds))
    text.append((MARK if entry.at_chance else "").ljust(marks), style="yellow")
    colour = {"+": "green", "-": "red"}.get(changed[:1]) if entry.is_significant else None
    return text.append(changed.rjust(room), style=colour or "dim")
