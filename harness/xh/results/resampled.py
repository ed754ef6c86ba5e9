"""Means over languages, with languages as the units that are resampled: bootstrap intervals and permutation tests."""

from collections.abc import Callable, Sequence
from typing import Any

from xh.results.intervals import PERCENTILES
from xh.results.records import Interval

DRAWS = 9_999
SEED = 1


def bootstrapped(groups: Sequence[Sequence[Any]], statistic: Callable[..., Any]) -> Interval | None:
    """The 95% interval of a statistic of groups, each drawn again from itself with replacement.

    ``groups``: of each the values of its units, [n] or [n, k]. ``statistic``: of arrays [draws, n] or [draws, n, k],
    one for each group, a number per draw, or NaN where a draw has none. None where a group has less than two units, or
    no draw has a number.
    """
    if min(map(len, groups)) < 2:
        return None
    import numpy as np

    random = np.random.default_rng(SEED)
    drawn = [np.asarray(group)[random.integers(len(group), size=(DRAWS, len(group)))] for group in groups]
    values = statistic(*drawn)
    if np.isnan(values).all():
        return None
    low, high = np.nanpercentile(values, PERCENTILES)
    return round(float(low), 4), round(float(high), 4)


def permuted(first: Sequence[float], second: Sequence[float]) -> float | None:
    """The two-sided p-value of a difference of means, by permuting which group a unit is in; None below two units."""
    if min(len(first), len(second)) < 2:
        return None
    import numpy as np

    random = np.random.default_rng(SEED)
    pooled = np.array([*first, *second])
    drawn = random.permuted(np.tile(pooled, (DRAWS, 1)), axis=1)
    differences = drawn[:, : len(first)].mean(axis=1) - drawn[:, len(first) :].mean(axis=1)
    observed = abs(np.mean(first) - np.mean(second))
    return float((1 + np.sum(np.abs(differences) >= observed - 1e-9)) / (1 + DRAWS))
