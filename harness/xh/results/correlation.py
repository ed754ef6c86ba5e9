"""Rank correlation of two matrices over pairs of tasks, how sure it is, and how likely by chance."""

from collections.abc import Iterator
from itertools import permutations, product
from math import factorial
from typing import Any

from xh.results.intervals import interval
from xh.results.records import Interval

Matrix = Any
"""A NumPy array of floats [intermediate tasks, targets]; NaN where a pair is not there."""

LEAST = 4
"""Pairs."""
DRAWS = 1000
MOST = 10_000
"""Permutations of tasks: all where there are no more, else so many of them."""
CLOSE = 1e-9
"""Correlations that differ by less are equal: other orders of adding up."""


def spearman(x: Matrix, y: Matrix) -> float:
    """Spearman's rank correlation of two arrays of one shape, over where both are there; equal values share a rank.

    NaN where one side is the same everywhere.
    """
    return float((_standard(x, y) * _standard(y, x)).sum())


def over_pairs(x: Matrix, y: Matrix) -> Interval | None:
    """The 95% interval of the rank correlation by bootstrap of pairs: percentiles over draws in which it is defined.

    None where that is not so in most of them. Pairs count as independent here, though they share tasks: it is narrower
    than what other tasks would give.
    """
    import numpy as np

    both = np.isfinite(x) & np.isfinite(y)
    pairs = np.stack([x[both], y[both]])
    drawn = np.random.default_rng(0).integers(pairs.shape[1], size=(DRAWS, pairs.shape[1]))
    found = np.array([spearman(*pairs[:, rows]) for rows in drawn])
    known = found[np.isfinite(found)]
    if len(known) < DRAWS / 2:
        return None
    return interval(known)


def by_tasks(x: Matrix, y: Matrix) -> tuple[float, int]:
    """The p-value of the rank correlation, two-sided, by permutation of the tasks; and over how many permutations.

    The intermediate tasks of ``x`` change places, and so do its targets: pairs that share a task stay together, as in
    Mantel's test (1967, Cancer Research 27:209-220). A pair that is not there has the mean rank. Over all permutations
    where they are few, else over random ones and the one that was found (Phipson and Smyth 2010, arXiv 1603.05766).
    """
    import numpy as np

    x, y = _standard(x, y), _standard(y, x)
    found = [abs(float((x[np.ix_(*order)] * y).sum())) for order in _orders(x.shape)]
    return sum(value >= found[0] - CLOSE for value in found) / len(found), len(found)


def _orders(shape: tuple[int, ...]) -> Iterator[tuple[Any, Any]]:
    """Orders of rows and columns, the given one first."""
    import numpy as np

    if factorial(shape[0]) * factorial(shape[1]) <= MOST:
        yield from product(*(permutations(range(count)) for count in shape))
        return
    draw = np.random.default_rng(0).permutation
    yield np.arange(shape[0]), np.arange(shape[1])
    yield from ((draw(shape[0]), draw(shape[1])) for _ in range(MOST - 1))


def _standard(values: Matrix, others: Matrix) -> Matrix:
    """Ranks around 0, as one vector of length 1, where both sides are there; elsewhere 0. NaN if all are equal."""
    import numpy as np

    both = np.isfinite(values) & np.isfinite(others)
    there = values[both]
    ordered = np.sort(there)
    ranks = np.searchsorted(ordered, there) + np.searchsorted(ordered, there, "right") - len(there)
    found = np.zeros(values.shape)
    found[both] = ranks / np.sqrt((ranks**2).sum()) if ranks.any() else np.nan
    return found
