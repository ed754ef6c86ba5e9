"""Curves over the layers of an encoder: metrics that are named ``NAME@LAYER``, as means over languages and seeds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from xh.results.arms import Arms
from xh.results.averages import average_numbers
from xh.results.grids import Draft, Entry, Grid, drawn
from xh.results.records import Row
from xh.results.texts import plain
from xh.spec.cell import BASELINE

LAYERS = "layers-"
"""What the names of the grids begin with."""
METRIC = re.compile(r"(.+)@(\d+)")

Arm = Mapping[int, Entry]
"""By layer an arm's value, and its difference to the baseline."""


class Curves(NamedTuple):
    """A measure of a target in every layer, by arm; the baseline first, where others are compared with it."""

    target: str
    measure: str
    arms: Mapping[str, Arm]

    @property
    def name(self) -> str:
        """The name of its grid."""
        return f"{LAYERS}{self.target}-{self.measure}"

    @property
    def layers(self) -> list[int]:
        """All layers that an arm has, the embeddings (0) first."""
        return sorted({layer for arm in self.arms.values() for layer in arm})


def curves(rows: Sequence[Row], arms: Arms, measures: Sequence[str] = ()) -> Iterator[Curves]:
    """The curves of these measures, without any of the metrics that count; only those with several layers."""
    found: dict[tuple[str, str], dict[str, dict[int, list[Row]]]] = {}
    counted = {row.metric for row in rows if row.main}
    for row in sorted(rows, key=arms.order):
        match = METRIC.fullmatch(row.metric)
        if match and match[1] in (measures or counted):
            by_arm = found.setdefault((row.target, match[1]), {})
            by_arm.setdefault(arms.label(row), {}).setdefault(int(match[2]), []).append(row)
    for (target, measure), by_arm in found.items():
        entries = {arm: {layer: _entry(same) for layer, same in layers.items()} for arm, layers in by_arm.items()}
        curves = Curves(target, measure, _baseline(by_arm) | entries)
        if len(curves.layers) > 1:
            yield curves


def grids(rows: Sequence[Row], arms: Arms, measures: Sequence[str] = ()) -> Iterator[Grid]:
    """A grid for each curve: a line for each arm, a column for each layer."""
    for each in curves(rows, arms, measures):
        drafts = [Draft(arm, {str(layer): entry for layer, entry in found.items()}) for arm, found in each.arms.items()]
        yield drawn(each.name, f"{each.target} · {each.measure} by layer", drafts, list(map(str, each.layers)))


def names(rows: Sequence[Row], arms: Arms) -> Mapping[str, Curves]:
    """All curves by the names of their grids."""
    measures = {match[1] for row in rows if (match := METRIC.fullmatch(row.metric))}
    return {plain(each.name): each for each in curves(rows, arms, sorted(measures))}


def _entry(rows: Sequence[Row]) -> Entry:
    return Entry(fmean(row.value for row in rows), average_numbers([row.delta for row in rows]))


def _baseline(by_arm: Mapping[str, Mapping[int, Sequence[Row]]]) -> dict[str, dict[int, Entry]]:
    """What arms are compared with, where that is no arm itself."""
    first = next(iter(by_arm.values()))
    means = {layer: average_numbers([row.baseline for row in rows]) for layer, rows in first.items()}
    return {BASELINE: {layer: Entry(mean) for layer, mean in means.items()}} if None not in means.values() else {}
