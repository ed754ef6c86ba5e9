"""Blocks as Markdown."""

from collections.abc import Iterable, Iterator

from xh.results.blocks import Block
from xh.results.grids import Grid, Line
from xh.results.numbers import heading, written


def render(blocks: Iterable[Block]) -> str:
    """Headings, tables and notes."""
    return "\n".join(line for block in blocks for line in _block(block))


def _block(block: Block) -> Iterator[str]:
    yield from (f"## {block.caption}", "")
    for grid in block.grids:
        yield from (f"### {grid.title}", "", *_grid(grid), "")
    if block.notes:
        yield from (*(f"- {note}" for note in block.notes), "")


def _grid(grid: Grid) -> Iterator[str]:
    yield _joined(["", *map(heading, grid.columns)])
    yield _joined(["---", *("---:" for _ in grid.columns)])
    yield from map(_line, grid.lines)


def _line(line: Line) -> str:
    cells = [line.name, *map(written, line.entries)]
    return _joined([f"**{cell}**" if line.total and cell else cell for cell in cells])


def _joined(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
