"""Blocks as Markdown."""

from collections.abc import Iterable, Iterator

from xh.results.blocks import Block
from xh.results.grids import Grid, Line
from xh.results.numbers import heading, written
from xh.results.sections import Section

ESCAPES = str.maketrans({each: f"\\{each}" for each in "\\`*_~|$"} | {"<": "&lt;", "&": "&amp;"})
LINKS = {"](": "]\\(", "][": "]\\[", "]:": "]\\:"}


def render(blocks: Iterable[Block], sections: Iterable[Section] = ()) -> str:
    """Headings, tables and notes."""
    parts = [line for block in blocks for line in _block(block)]
    found = [line for section in sections for line in _section(section)]
    return "\n".join([*parts, *(["## Appendix", "", *found] if found else [])])


def _block(block: Block) -> Iterator[str]:
    yield from (f"## {_escaped(block.caption)}", "")
    for grid in block.grids:
        yield from (f"### {_escaped(grid.title)}", "", *_grid(grid), "")
    if block.notes:
        yield from (*(f"- {_escaped(note)}" for note in block.notes), "")


def _grid(grid: Grid) -> Iterator[str]:
    yield _joined(["", *map(heading, grid.columns)])
    yield "| --- |" + " ---: |" * len(grid.columns)
    yield from map(_line, grid.lines)


def _line(line: Line) -> str:
    return _joined([line.name, *map(written, line.entries)], "**%s**" if line.total else "%s")


def _joined(cells: Iterable[str], style: str = "%s") -> str:
    return "| " + " | ".join(style % _escaped(cell) if cell else "" for cell in cells) + " |"


def _section(section: Section) -> Iterator[str]:
    yield from (f"### {_escaped(section.title)}", "")
    if section.code:
        yield from ("```", *(line.replace("`", "'") for line in section.lines), "```", "")
    else:
        yield from (*(f"- {_escaped(line)}" for line in section.lines), "")


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is: no code, emphasis, formula, cell, tag or link begins in it."""
    text = text.translate(ESCAPES)
    for mark, instead in LINKS.items():
        text = text.replace(mark, instead)
    return text
