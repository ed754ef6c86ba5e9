"""Whether differences are more than chance over examples: p-values, and Holm's correction for several of them."""

from collections.abc import Sequence
from itertools import accumulate
from math import erfc, sqrt
from typing import Any

from xh.results.intervals import Draws

LEVEL = 0.05
"""A corrected p-value below it marks a difference."""

SWAPS = 9999
"""Random assignments of a randomisation test: its p-value is 0.0001 at least."""

AT_ONCE = 2**22
"""Numbers of a matrix of random assignments."""

NOTHING = 1e-9
"""Less than anything that an example is out of."""


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for all of them together, in their order: the chance of any false one is at most theirs.

    Of m values the k-th smallest, from 0, is multiplied by m - k; none becomes less than a smaller one, or more than 1.
    Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    steps = (min(1.0, (len(order) - rank) * p_values[each]) for rank, each in enumerate(order))
    corrected = dict(zip(order, accumulate(steps, max), strict=True))
    return [corrected[each] for each in range(len(order))]


def bootstrap(delta: float | None, draws: Draws | None, n: int) -> float | None:
    """The two-sided p-value of a difference (points, over ``n`` examples) from its paired bootstrap; None without one.

    From the normal distribution, for a thousand draws can't tell small values apart. Its variance is the draws', and
    ``delta**2 / n``, by which examples spread further around no difference than around this one: with right and wrong
    answers that is McNemar's test without continuity correction.
    """
    if delta is None or draws is None:
        return None
    error = sqrt(float(draws.var()) + delta**2 / max(1, n))
    return erfc(abs(delta) / error / sqrt(2)) if error else 1.0


def mcnemar(gained: int, lost: int) -> float:
    """The two-sided p-value of examples that became right and wrong: exact, from the binomial distribution.

    Source: McNemar 1947, Psychometrika 12.
    """
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def randomisation(counts: Any) -> float:
    """The two-sided p-value of a difference between two sides' scores, had each example's two sides been drawn by lot.

    ``counts``: what of each example is right and out of how much, [2, seeds, n, 2]. A score is 100 * sum / sum, the
    mean over seeds; an example's sides are swapped in all seeds together.
    Source: Noreen 1989; Yeh 2000, C00-2137.
    """
    import numpy as np

    sums, swapped = counts.sum(axis=2), counts[1] - counts[0]
    swapped = swapped[:, swapped.any(axis=(0, 2))]  # what is alike on both sides changes nothing
    random, size = np.random.default_rng(0), max(1, swapped.shape[1])
    observed, extreme = abs(_difference(*sums)), 0
    for start in range(0, SWAPS, step := max(1, AT_ONCE // size)):
        lots = random.integers(2, size=(min(step, SWAPS - start), swapped.shape[1])).astype(float)
        moved = np.tensordot(lots, swapped, axes=(1, 1))
        extreme += int((abs(_difference(sums[0] + moved, sums[1] - moved)) >= observed - NOTHING).sum())
    return (1 + extreme) / (1 + SWAPS)


def _difference(first: Any, second: Any) -> Any:
    """The difference in points of two sides' scores, of sums [..., seeds, 2]; nothing out of nothing is 0."""
    scores = [side[..., 0] / side[..., 1].clip(NOTHING) for side in (first, second)]
    return 100 * (scores[1] - scores[0]).mean(axis=-1)
