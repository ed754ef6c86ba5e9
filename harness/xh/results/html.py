"""Blocks as a page of HTML."""

from collections.abc import Iterable, Iterator
from html import escape

from xh.results.blocks import Block
from xh.results.grids import Grid, Line
from xh.results.numbers import heading, written
from xh.results.sections import Section

HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>xh report</title>
<style>
body { font-family: sans-serif } table { border-collapse: collapse } caption { font-weight: bold; text-align: left }
th, td { padding: 0.1em 0.8em; text-align: right } th:first-child { text-align: left } tr.total { font-weight: bold }
</style>"""


def render(blocks: Iterable[Block], sections: Iterable[Section] = (), title: str = "Appendix") -> str:
    """A page that needs no other file; ``title`` is that of the sections."""
    parts = [line for block in blocks for line in _block(block)]
    found = [line for section in sections for line in _section(section)]
    return "\n".join([HEAD, *parts, *([f"<h2>{escape(title)}</h2>", *found] if found else []), "</html>"]) + "\n"


def _block(block: Block) -> Iterator[str]:
    yield f"<h2>{escape(block.caption)}</h2>"
    for grid in block.grids:
        yield from _grid(grid)
    yield from (f"<p>{escape(note)}</p>" for note in block.notes)


def _grid(grid: Grid) -> Iterator[str]:
    yield f"<table><caption>{escape(grid.title)}</caption>"
    yield "<tr><th></th>" + "".join(f"<th>{escape(heading(name))}</th>" for name in grid.columns) + "</tr>"
    yield from map(_line, grid.lines)
    yield "</table>"


def _line(line: Line) -> str:
    cells = "".join(f"<td>{escape(written(entry))}</td>" for entry in line.entries)
    opening = '<tr class="total">' if line.total else "<tr>"
    return f"{opening}<th>{escape(line.name)}</th>{cells}</tr>"


def _section(section: Section) -> Iterator[str]:
    yield f"<h3>{escape(section.title)}</h3>"
    if section.code:
        yield f"<pre>{escape(chr(10).join(section.lines))}</pre>"
    else:
        yield from ("<ul>", *(f"<li>{escape(line)}</li>" for line in section.lines), "</ul>")
