"""Blocks as LaTeX tables, for a document that loads booktabs."""

from collections.abc import Iterable, Iterator

from xh.results.blocks import Block
from xh.results.grids import Grid
from xh.results.numbers import heading, written

SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
SPECIAL |= {character: f"\\{character}" for character in "&%$#_{}"}
SPECIAL |= {"±": r"$\pm$", "≈": r"$\approx$", "†": r"$\dagger$", "·": r"$\cdot$", "–": "--", "[": "{[}"}
ESCAPES = str.maketrans(SPECIAL)


def render(blocks: Iterable[Block]) -> str:
    """A table per grid; captions and notes are comments and paragraphs."""
    return "\n".join(line for block in blocks for line in _block(block))


def _block(block: Block) -> Iterator[str]:
    for grid in block.grids:
        yield from (r"\begin{table}", rf"\caption{{{_escaped(f'{grid.title}, {block.caption}')}}}", *_grid(grid))
        yield from (r"\end{table}", "")
    yield from (_escaped(note) + "\n" for note in block.notes)


def _grid(grid: Grid) -> Iterator[str]:
    yield from (rf"\begin{{tabular}}{{l{'r' * len(grid.columns)}}}", r"\toprule")
    yield from (_row(["", *map(heading, grid.columns)]), r"\midrule")
    for line in grid.lines:
        cells = [line.name, *map(written, line.entries)]
        yield _row(cells, r"\textbf{%s}" if line.total else "%s")
    yield from (r"\bottomrule", r"\end{tabular}")


def _row(cells: Iterable[str], style: str = "%s") -> str:
    return " & ".join(style % _escaped(cell) if cell else "" for cell in cells) + r" \\"


def _escaped(text: str) -> str:
    return text.translate(ESCAPES)
