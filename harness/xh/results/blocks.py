"""Results in blocks: what may stand side by side has one encoder, profile, source of data, seeds and setting."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.plan import BASELINE
from xh.results import policies
from xh.results.averages import BENCHMARK, context
from xh.results.grids import Grid, of_averages, of_intervals, of_target
from xh.results.notes import notes
from xh.results.numbers import LEGEND, ORACLE_LEGEND, named
from xh.results.records import Results, Row, Summary

Seeds = tuple[int, ...]
Key = tuple[tuple[Any, ...], Seeds]
Cell = list[Summary]
NAMED = {"encoder": "encoder", "profile": "profile", "source": "data"}
"""Of a block's caption, which has the names of all its rows."""


class Block(Struct, frozen=True):
    """Grids under one caption, and what must be said about them."""

    caption: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]


def blocks(results: Results) -> list[Block]:
    """The results in blocks: a grid per target, one of their averages, one of intervals, and notes."""
    first = {row.stage: row for row in reversed(results.rows)}
    return [_block(key, list(chain(*cells)), results) for key, cells in _grouped(results, first).items()]


def _grouped(results: Results, first: dict[str, Row]) -> dict[Key, list[Cell]]:
    """Cells by block. A baseline is shown where it is compared with, and by itself only where it is with nothing."""
    cells: dict[Any, Cell] = {}
    for each in results.summaries:
        if each.target != BENCHMARK:
            cells.setdefault((context(first[each.stages[0]]), each.inter, each.target), []).append(each)
    compared = {row.protocol.get("baseline") for row in results.rows if row.baseline is not None}
    groups: dict[Key, list[Cell]] = {}
    alone: list[tuple[Key, Cell]] = []
    for (where, inter, _), cell in cells.items():
        key = where, tuple(sorted({seed for each in cell for seed in each.seeds}))
        if inter != BASELINE:
            groups.setdefault(key, []).append(cell)
        elif not compared.issuperset(stage for each in cell for stage in each.stages):
            alone.append((key, cell))
    for key, cell in alone:
        for home in _homes(key, [*groups, *(key for key, _ in alone)]):
            groups.setdefault(home, []).append(cell)
    return groups


def _homes(key: Key, keys: Iterable[Key]) -> list[Key]:
    """A baseline's blocks: the one of its seeds; where nothing was trained those of all seeds."""
    where, seeds = key
    seeded = [other for other in dict.fromkeys(keys) if other[0] == where and other[1]]
    return seeded if seeded and not seeds else [key]


def _block(key: Key, summaries: Sequence[Summary], results: Results) -> Block:
    stages = {stage for each in summaries for stage in each.stages}
    rows = [row for row in results.rows if row.stage in stages]
    overall = [each for each in results.summaries if each.target == BENCHMARK and stages.issuperset(each.stages)]
    oracles = {row.target for row in rows if row.protocol.get("oracle")}
    summaries = [replace(each, target=named(each.target, each.target in oracles)) for each in summaries]
    targets = list(dict.fromkeys(each.target for each in summaries))
    grids = [of_target([each for each in summaries if each.target == target]) for target in targets]
    if len(targets) > 1:
        grids.append(of_averages([*summaries, *overall]))
    if any(each.ci95_examples for each in summaries):
        grids.append(of_intervals([*summaries, *overall]))
    shown = stages | {row.protocol.get("baseline") for row in rows}
    compared = [choice for choice in results.policies if choice.stage in shown]
    grids += policies.grids(compared)
    marked = any(entry.at_chance for grid in grids for line in grid.lines for entry in line.entries)
    averages = [average for average in results.averages if stages.issuperset(average.stages)]
    unfair = oracles or any(choice.oracle for choice in compared)
    said = [*([LEGEND] if marked else []), *([ORACLE_LEGEND] if unfair else []), *notes(rows, averages)]
    return Block(_caption(rows, key[1]), tuple(grids), tuple(said))


def _caption(rows: Sequence[Row], seeds: Seeds) -> str:
    names = {title: dict.fromkeys(row.protocol.get(name) for row in rows) for name, title in NAMED.items()}
    parts = [f"{title} {', '.join(filter(None, found))}" for title, found in names.items() if any(found)]
    parts += [f"seed {seeds[0]}"] if len(seeds) == 1 else []
    parts += [f"seeds {', '.join(map(str, seeds))} (mean ± sd)"] if len(seeds) > 1 else []
    parts += [f"{name} {value}" for name, value in rows[0].protocol.get("settings", {}).items()]
    return " · ".join(parts)
