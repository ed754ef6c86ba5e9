"""Results in blocks: what may stand side by side has one encoder, profile, source of data, seeds and setting."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.data.labels import FOLDER, by_content, content
from xh.results import against_gain, policies
from xh.results.arms import arms, position
from xh.results.averages import BENCHMARKS, context
from xh.results.grids import Grid, of_intervals
from xh.results.notes import brief, notes
from xh.results.numbers import LEGEND, NO_INTERVALS, ONE_SEED, ORACLE_LEGEND, STAR_LEGEND, named
from xh.results.records import Results, Row, Summary, arm, column
from xh.results.texts import MOST, plain
from xh.results.view import SCORES, View
from xh.results.views import Shown, axis_named, drawn_as
from xh.spec.cell import BASELINE, written

Seeds = tuple[int, ...]
Key = tuple[tuple[Any, ...], Seeds]
Cell = list[Summary]
NAMED = ("encoder", "profile")
"""Of a block's caption, which has the names of all its rows."""

USUAL = ("table", "curve", "scatter")
"""The views without ``--view``."""
READ = "evaluate.data"
"""The setting that says which rows were read. Of a folder, a caption says it of all targets together."""


class Block(Struct, frozen=True):
    """Grids under one caption, and what must be said about them; ``folded``: more could be said.

    ``shown``: what the grids are made of, for formats that draw.
    """

    caption: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]
    folded: bool = False
    shown: Shown | None = None


def blocks(results: Results, view: View = SCORES, *, short: bool = False, usual: Sequence[str] = USUAL) -> list[Block]:
    """The results in blocks: a grid per target, one of their averages, one of intervals, and notes.

    ``short``: with a few notes, unless the view asks for all. ``usual``: what is shown where it asks for no views.
    """
    first = {row.stage: row for row in reversed(results.rows)}
    grouped = _grouped(results, first)
    parts = [(key, part) for key, cells in grouped.items() for part in _by(list(chain(*cells)), view.by)]
    return [_block(key, part, results, view, short, usual) for key, part in parts]


def _grouped(results: Results, first: dict[str, Row]) -> dict[Key, list[Cell]]:
    """Cells by block. A baseline that is compared with is a cell of its own only where arms are lines."""
    cells: dict[Any, Cell] = {}
    for each in results.summaries:
        if each.target not in BENCHMARKS:
            cells.setdefault((context(first[each.stages[0]]), arm(each), each.target), []).append(each)
    compared = {row.protocol.get("baseline") for row in results.rows if row.baseline is not None}
    groups: dict[Key, list[Cell]] = {}
    baselines: list[tuple[Key, Cell]] = []
    for (where, _, _), cell in cells.items():
        key = where, tuple(sorted({seed for each in cell for seed in each.seeds}))
        if column(cell[0]) == BASELINE:
            baselines.append((key, cell))
        else:
            groups.setdefault(key, []).append(cell)
    keys = [*groups, *(key for key, cell in baselines if not _is_compared(cell, compared))]
    for key, cell in baselines:
        for home in _homes(key, keys):
            groups.setdefault(home, []).append(cell)
    shown = {key: _shown(group, compared) for key, group in groups.items()}
    return {key: group for key, group in shown.items() if group}


def _shown(cells: list[Cell], compared: set[str | None]) -> list[Cell]:
    """Without the baselines that other columns show."""
    if not arms(chain(*cells)).are_columns:
        return cells
    return [cell for cell in cells if column(cell[0]) != BASELINE or not _is_compared(cell, compared)]


def _by(summaries: Cell, axis: str) -> list[Cell]:
    """The summaries for each value on an axis, with those that lie on all of it; all together where they lie so."""
    there = arms(summaries).axes.get(axis_named(axis), ()) if axis else ()
    return [[each for each in summaries if position(each, axis_named(axis)) in (None, value)] for value in there] or [
        summaries
    ]


def _is_compared(cell: Cell, compared: set[str | None]) -> bool:
    return compared.issuperset(stage for each in cell for stage in each.stages)


def _homes(key: Key, keys: Iterable[Key]) -> list[Key]:
    """A baseline's blocks: the one of its seeds; where nothing was trained those of all seeds."""
    where, seeds = key
    seeded = [other for other in dict.fromkeys(keys) if other[0] == where and other[1]]
    return seeded if seeded and not seeds else [key]


def _block(
    key: Key, summaries: Sequence[Summary], results: Results, view: View, short: bool, usual: Sequence[str]
) -> Block:
    stages = {stage for each in summaries for stage in each.stages}
    rows = [row for row in results.rows if row.stage in stages]
    overall = [each for each in results.summaries if each.target in BENCHMARKS and stages.issuperset(each.stages)]
    oracles = {row.target for row in rows if row.protocol.get("oracle")}
    summaries = [replace(each, target=named(each.target, each.target in oracles)) for each in summaries]
    there = arms(summaries)
    views = view.views or usual
    similar = [each for each in results.similarities if "scatter" in views and each.evaluation in stages]
    shown = Shown([*summaries, *overall], rows, there, view.ci, similar)
    by_view = {each: list(drawn_as(each, shown)) for each in views}
    grids = list(chain(*by_view.values()))
    unsure = [each for each in summaries if each.ci95_examples]
    if unsure and not view.ci:
        grids.append(of_intervals([*summaries, *overall], there))
    concerned = stages | {row.protocol.get("baseline") for row in rows}
    compared = [choice for choice in results.policies if choice.stage in concerned]
    grids += policies.grids(compared, there)
    entries = [entry for grid in grids for line in grid.lines for entry in line.entries]
    averages = [average for average in results.averages if stages.issuperset(average.stages)]
    unfair = oracles or any(choice.oracle for choice in compared)
    full = notes(rows, averages)
    found = full if view.notes else brief(rows, averages) if short else notes(rows, averages, MOST)
    legends = {
        LEGEND: any(entry.at_chance for entry in entries),
        STAR_LEGEND: any(entry.p is not None for entry in entries),
        ORACLE_LEGEND: unfair,
        ONE_SEED: any(len(each.seeds) == 1 for each in unsure),
        NO_INTERVALS: view.ci and not unsure,
    }
    said = [f"--view {each} has nothing to show here." for each in view.views if not by_view[each]]
    said += [legend for legend, holds in legends.items() if holds]
    said += against_gain.notes(similar, results.correlations, there, dict.fromkeys(row.target for row in rows))
    texts = (*map(plain, said), *map(plain, found))
    caption = _caption(rows, key[1]) + _value(summaries, view.by)
    return Block(caption, tuple(grids), texts, short and found != full, shown)


def _value(summaries: Iterable[Summary], axis: str) -> str:
    """`` · limit-intermediate 100``: the value on an axis by which blocks are; the caption names the encoder anyhow."""
    values = {position(each, axis_named(axis)) for each in summaries} - {None} if axis else set()
    return plain(f" · {axis} {written(axis_named(axis), *values)}") if len(values) == 1 and axis != "model" else ""


def _caption(rows: Sequence[Row], seeds: Seeds) -> str:
    names = {name: _distinct(rows, name) for name in NAMED} | {"data": _sources(rows)}
    parts = [f"{title} {', '.join(found)}" for title, found in names.items() if found]
    parts += [f"seed {seeds[0]}"] if len(seeds) == 1 else []
    parts += [f"seeds {', '.join(map(str, seeds))} (mean ± sd)"] if len(seeds) > 1 else []
    settings, hashed = rows[0].protocol.get("settings", {}), FOLDER in _distinct(rows, "source")
    parts += [f"{name} {value}" for name, value in settings.items() if not (hashed and name == READ)]
    return plain(" · ".join(parts))


def _distinct(rows: Sequence[Row], name: str) -> list[str]:
    return list(filter(None, dict.fromkeys(row.protocol.get(name) for row in rows)))


def _sources(rows: Sequence[Row]) -> list[str]:
    """Where the data come from; a folder's by what was read of it."""
    contents = {f"{row.target}/{row.lang}/{row.protocol.get('data')}" for row in rows}
    folder = by_content(FOLDER, content("\n".join(sorted(contents))))
    return [folder if source == FOLDER else source for source in _distinct(rows, "source")]
