"""P-values, against other computations of the same."""

from itertools import product
from math import comb

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as another_mcnemar
from statsmodels.stats.multitest import multipletests

from xh.results.intervals import resampled
from xh.results.significance import bootstrap, holm, mcnemar, randomisation

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("count", [1, 2, 3, 17, 150])
def test_holms_correction_is_that_of_statsmodels(count):
    values = RANDOM.random(count) ** 4
    values[: count // 3] = values[0]  # ties
    assert holm(values.tolist()) == pytest.approx(multipletests(values, method="holm")[1])


def test_holm_of_nothing_and_of_certain_values():
    assert holm([]) == []
    assert holm([1.0, 0.0, 0.9]) == [1.0, 0.0, 1.0]
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (9, 2), (2, 9), (40, 40), (70, 30)])
def test_mcnemar_is_the_sum_of_binomial_probabilities(gained, lost):
    count, few = gained + lost, min(gained, lost)
    tail = sum(comb(count, k) for k in range(few + 1)) / 2**count
    assert mcnemar(gained, lost) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar(gained, lost) == pytest.approx(another_mcnemar([[5, lost], [gained, 5]], exact=True).pvalue)


def exhaustive(counts):
    """The p-value over all assignments of examples to sides."""

    def gain(first, second):
        return np.mean([100 * b[:, 0].sum() / b[:, 1].sum() - 100 * a[:, 0].sum() / a[:, 1].sum()
                        for a, b in zip(first, second, strict=True)])  # fmt: skip

    observed, extreme, total = abs(gain(*counts)), 0, 0
    for lot in product([False, True], repeat=counts.shape[2]):
        swap = np.array(lot)[None, :, None]
        first, second = (np.where(swap, counts[1 - side], counts[side]) for side in (0, 1))
        extreme, total = extreme + (abs(gain(first, second)) >= observed - 1e-9), total + 1
    return extreme / total


@pytest.mark.parametrize("seeds", [1, 3])
def test_randomisation_is_that_over_all_assignments(seeds):
    """Shares of sums, as F1 over spans is: with as many examples as all assignments can be tried of."""
    total = RANDOM.integers(1, 6, (2, seeds, 10, 1))
    counts = np.concatenate([RANDOM.integers(0, total + 1), total], axis=-1).astype(float)
    assert randomisation(counts) == pytest.approx(exhaustive(counts), abs=0.02)


def answers(share, n=400):
    return np.stack([RANDOM.random(n) < share, np.ones(n)], axis=1)


def test_of_right_and_wrong_answers_randomisation_and_bootstrap_agree_with_mcnemar():
    before, after = answers(0.5), answers(0.58)
    gained, lost = (int((a[:, 0] > b[:, 0]).sum()) for a, b in ((after, before), (before, after)))
    exact = mcnemar(gained, lost)
    assert 0.0005 < exact < 0.5
    assert randomisation(np.array([[before], [after]])) == pytest.approx(exact, abs=0.02)
    delta = 100 * (after - before)[:, 0].mean()
    normal = another_mcnemar([[0, lost], [gained, 0]], exact=False, correction=False).pvalue
    assert bootstrap(delta, resampled(after) - resampled(before), len(after)) == pytest.approx(normal, rel=0.25)


def test_a_seed_that_says_the_same_again_proves_nothing_more():
    once = np.array([[answers(0.5)], [answers(0.6)]])
    assert randomisation(np.repeat(once, 5, axis=1)) == randomisation(once)


def test_no_difference_is_no_evidence_and_few_examples_are_little():
    same = np.array([[answers(0.5)]] * 2)
    same[1] = same[0]
    assert randomisation(same) == mcnemar(0, 0) == bootstrap(0.0, np.zeros(1000), 5) == 1
    assert bootstrap(100.0, np.full(1000, 100.0), 2) > 0.15  # both of two examples gained: their draws do not spread
    assert bootstrap(100.0, np.full(1000, 100.0), 100) < 1e-20
    assert bootstrap(None, np.zeros(1000), 5) is bootstrap(1.0, None, 5) is None
