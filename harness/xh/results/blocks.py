"""Results in blocks: what may stand side by side has one encoder, profile, source of data, seed and setting."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from xh.plan import BASELINE
from xh.results.averages import context
from xh.results.grids import Grid, of_averages, of_target
from xh.results.notes import notes
from xh.results.numbers import LEGEND
from xh.results.records import Average, Results, Row

Key = tuple[tuple[Any, ...], int | None]
NAMED = {"encoder": "encoder", "profile": "profile", "source": "data"}


class Block(Struct, frozen=True):
    """Grids under one caption, and what must be said about them."""

    caption: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]


def blocks(results: Results) -> list[Block]:
    """The results in blocks: a grid per target, one of their averages, and notes."""
    return [_block(key, rows, results.averages) for key, rows in _grouped(results.rows).items()]


def _grouped(rows: Sequence[Row]) -> dict[Key, list[Row]]:
    """Rows by block. A baseline is shown where it is compared with, and by itself only where it is with nothing."""
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        if row.inter != BASELINE:
            groups.setdefault(_key(row), []).append(row)
    compared = {row.protocol.get("baseline") for row in rows if row.baseline is not None}
    alone = [row for row in rows if row.inter == BASELINE and row.stage not in compared]
    for row in alone:
        for key in _homes(row, [*groups, *map(_key, alone)]):
            groups.setdefault(key, []).append(row)
    return groups


def _key(row: Row) -> Key:
    return context(row), row.seed


def _homes(row: Row, keys: Iterable[Key]) -> list[Key]:
    """A baseline's blocks: the one of its seed; where nothing was trained those of all seeds."""
    where = context(row)
    seeded = [key for key in dict.fromkeys(keys) if key[0] == where and key[1] is not None]
    return seeded if row.seed is None and seeded else [(where, row.seed)]


def _block(key: Key, rows: Sequence[Row], averages: Sequence[Average]) -> Block:
    stages = {row.stage for row in rows}
    averages = [average for average in averages if stages.issuperset(average.stages)]
    targets = list(dict.fromkeys(row.target for row in rows))
    grids = [of_target([row for row in rows if row.target == target], averages) for target in targets]
    if len(targets) > 1:
        grids.append(of_averages(targets, averages))
    marked = any(entry.at_chance for grid in grids for line in grid.lines for entry in line.entries)
    said = [*([LEGEND] if marked else []), *notes(rows, averages)]
    return Block(_caption(rows[0], key[1]), tuple(grids), tuple(said))


def _caption(row: Row, seed: int | None) -> str:
    parts = [f"{title} {row.protocol[name]}" for name, title in NAMED.items() if row.protocol.get(name)]
    parts += [] if seed is None else [f"seed {seed}"]
    parts += [f"{name} {value}" for name, value in row.protocol.get("settings", {}).items()]
    return " · ".join(parts)
