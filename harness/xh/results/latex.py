"""Blocks as LaTeX tables, for a document that loads booktabs."""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from xh.results.blocks import Block
from xh.results.grids import Grid
from xh.results.numbers import heading, written
from xh.results.sections import Section
from xh.results.sparklines import LEVELS

SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
SPECIAL |= {character: f"\\{character}" for character in "&%$#_{}"}
SPECIAL |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}"}
SPECIAL |= {"±": r"$\pm$", "≈": r"$\approx$", "†": r"$\dagger$", "·": r"$\cdot$", "–": "--", "…": r"\ldots{}"}
SPECIAL |= {bar: rf"\rule{{0.3em}}{{{number / 5:.1f}ex}}\kern0.1em{{}}" for number, bar in enumerate(LEVELS, 1)}
ESCAPES = str.maketrans(SPECIAL)
TYPED = str.maketrans(SPECIAL | {"-": "{-}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}"})
"""For what is to be typed again: hyphens and quotes stay what they are."""

MINUS = re.compile(r"(?<![\w.-])-(?=\d)")
"""A hyphen that is a minus sign."""

HEAD = r"% Load booktabs (\usepackage{{booktabs}}), include this file with \input, refer to tables as \ref{{{label}}}."


def render(blocks: Iterable[Block], sections: Iterable[Section] = ()) -> str:
    """A table per grid, each with a label of its own; notes are paragraphs."""
    blocks = list(blocks)
    labels = list(_labels(grid for block in blocks for grid in block.grids))
    head = [HEAD.format(label=labels[0]), ""] if labels else []
    left = iter(labels)
    parts = [line for block in blocks for line in _block(block, left)]
    found = [line for section in sections for line in _section(section)]
    return "\n".join([*head, *parts, *([r"\section*{Appendix}", "", *found] if found else [])])


def _labels(grids: Iterable[Grid]) -> Iterator[str]:
    """``tab:xh-<target>``; with a number from the second one of a name."""
    counts: dict[str, int] = {}
    for grid in grids:
        name = re.sub(r"[^A-Za-z0-9]+", "-", grid.name).strip("-")
        counts[name] = counts.get(name, 0) + 1
        yield f"tab:xh-{name}" + (f"-{counts[name]}" if counts[name] > 1 else "")


def _block(block: Block, labels: Iterator[str]) -> Iterator[str]:
    for grid in block.grids:
        caption = _escaped(f"{grid.title}, {block.caption}")
        yield from (r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", rf"\label{{{next(labels)}}}")
        yield from (*_grid(grid), r"\end{table}", "")
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


def _section(section: Section) -> Iterator[str]:
    yield from (rf"\subsection*{{{_escaped(section.title)}}}", "")
    if section.code:
        yield from ("For a .bib file:", *(f"% {line}" for line in section.lines), "")
    else:
        items = (rf"\item {_item(*each)}" for each in zip_longest(section.lines, section.typed, fillvalue=""))
        yield from (r"\begin{itemize}", *items, r"\end{itemize}", "")


def _item(line: str, typed: str) -> str:
    shown = rf"\texttt{{{typed.translate(TYPED)}}}" if typed else ""
    return shown + _escaped(line.removeprefix(typed))


def _escaped(text: str) -> str:
    return MINUS.sub("$-$", text.translate(ESCAPES))
