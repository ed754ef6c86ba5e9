"""Which examples change between two arms, from what each adds to the scores of their stages."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Any

from msgspec.structs import asdict

from xh.results.averages import context
from xh.results.change import ArmChange, Change, Stages
from xh.results.intervals import Resampler
from xh.results.records import Row, arm

Counts = Any
"""What of each example is right and out of how much, on both sides: a NumPy array [2, seeds, n, 2]."""
DIGITS = 9
"""Of an example's share, so that equal ones are equal."""
MOST = 600
"""Examples of one report."""


def paired_counts(stages: Stages, lang: str, metric: str, resampler: Resampler) -> Counts | None:
    """The counts of both arms in one language; None where one of the stages does not have them."""
    import numpy as np

    sides = [[resampler.counts(stage, lang, metric) for stage in side] for side in zip(*stages, strict=True)]
    sizes = {0 if each is None else len(each) for side in sides for each in side}
    return np.array(sides) if len(sizes) == 1 and sizes != {0} else None


def shares(counts: Counts) -> Any:
    """How much of each example is right on both sides, means over seeds, [2, n]; of what is out of nothing all."""
    right, total = counts[..., 0], counts[..., 1]
    return ((right + (total == 0)) / (total + (total == 0))).mean(axis=1).round(DIGITS)


def extreme(
    target: str, lang: str, metric: str, stages: Stages, resampler: Resampler, count: int, sign: int
) -> Iterator[Change]:
    """The examples of one language that lost most (``sign`` -1), or gained most."""
    counts = paired_counts(stages, lang, metric, resampler)
    if counts is None:
        return
    before, after = 100 * shares(counts)
    gains = sign * (after - before)
    for number in (-gains).argsort(kind="stable")[:count]:
        if gains[number] > 0:
            a, b = float(before[number]), float(after[number])
            yield Change(target=target, lang=lang, example=int(number), a=a, b=b, stages=stages)


def against_baselines(rows: Iterable[Row], resampler: Resampler, count: int) -> tuple[list[ArmChange], int]:
    """Of each arm, target and language so many examples that are lost and gained, without their texts.

    Where these were more than ``MOST``, languages with small differences are left out; the number says how many.
    """
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        if row.main and row.baseline is not None and count:
            groups.setdefault((context(row), arm(row), row.target, row.lang), []).append(row)
    found: dict[Any, list[ArmChange]] = {}
    for key in sorted(groups, key=lambda key: -abs(fmean(row.delta or 0 for row in groups[key]))):
        if sum(map(len, found.values())) < MOST:
            found[key] = list(_of(groups[key], resampler, count))
    return [change for key in groups for change in found.get(key, ())], len(groups) - len(found)


def _of(rows: Sequence[Row], resampler: Resampler, count: int) -> Iterator[ArmChange]:
    first, stages = rows[0], tuple((str(row.protocol["baseline"]), row.stage) for row in rows)
    for sign in (-1, 1):
        for change in extreme(first.target, first.lang, first.metric, stages, resampler, count, sign):
            yield ArmChange(**asdict(change), inter=first.inter, method=first.method, at=first.at)
