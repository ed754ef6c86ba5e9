"""Intervals over examples: what drawing the examples anew does to a difference."""

from math import sqrt

import numpy as np
import pytest

from helpers.shelf import compare_tallies
from xh.results.intervals import average, interval, resampled
from xh.store.resampling import UNITS


def answers(n, share, seed=0):
    """``n`` right or wrong answers, each out of 1."""
    right = np.random.default_rng(seed).random(n) < share
    return np.stack([right, np.ones(n)], axis=1)


@pytest.mark.parametrize("n", [200, UNITS, 10 * UNITS + 7])
def test_an_interval_is_as_wide_as_the_binomial_error_says(n):
    example_counts = answers(n, 0.3)
    value = 100 * example_counts[:, 0].mean()
    low, high = interval(resampled(example_counts))
    error = 100 * sqrt(0.3 * 0.7 / n)
    assert low < value < high
    assert (high - low) / error == pytest.approx(2 * 1.96, rel=0.15)


def test_a_ratio_of_sums_is_resampled_as_a_ratio():
    example_counts = np.array([[2, 2], [0, 4]] * 500, float)
    draws = resampled(example_counts)
    assert draws.mean() == pytest.approx(100 / 3, abs=0.5)
    assert draws.std() == pytest.approx(
        100 * np.sqrt(np.mean((example_counts[:, 0] - example_counts[:, 1] / 3) ** 2) / 1000) / 3, rel=0.15
    )


def test_nothing_out_of_nothing_is_zero():
    assert set(resampled(np.zeros((5, 2)))) == {0}


def test_examples_that_both_have_right_or_wrong_do_not_widen_a_difference():
    """Two systems that differ in ten of thousand answers: paired, unlike their own intervals, they hardly spread."""
    before = answers(1000, 0.5)
    after = before.copy()
    after[np.flatnonzero(before[:, 0] == 0)[:10], 0] = 1
    low, high = interval(resampled(after) - resampled(before))
    assert 0 < low < 1 < high < 2


def test_an_average_is_drawn_for_all_its_languages_together():
    """Translations of the same examples go together, so the mean of two equal languages is as unsure as one."""
    draws = resampled(answers(500, 0.4))
    assert interval(average([draws, draws])) == interval(draws)
    other = resampled(answers(499, 0.4, seed=1))
    assert np.std(average([draws, other])) < 0.85 * np.std(draws)
    assert average([draws, None]) is None and average([]) is None


def half(n, right):
    return {"de/accuracy": np.array([[i < right, 1] for i in range(n)], float)}


def test_a_difference_has_its_interval_everywhere(shelf):
    results = compare_tallies(shelf, half(100, 50), half(100, 51))
    rows = {row.inter: row.ci95_examples for row in results.rows}
    assert rows["none"] is None
    low, high = rows["i"]
    assert low == 0 and 2 < high < 4
    assert [each.ci95_examples for each in results.averages] == [None, rows["i"]]
    assert {each.ci95_examples for each in results.summaries if each.inter == "i"} == {rows["i"]}


@pytest.mark.parametrize(
    ("before", "after"), [(None, half(100, 51)), (half(100, 50), None), (half(99, 50), half(100, 51))]
)
def test_without_the_same_examples_on_both_sides_there_is_no_interval(shelf, before, after):
    results = compare_tallies(shelf, before, after)
    assert {row.ci95_examples for row in results.rows} == {None}


def test_seeds_do_not_narrow_the_interval_over_examples(shelf):
    results = compare_tallies(shelf, half(100, 50), half(100, 51), seeds=(1, 2))
    first, second = [row.ci95_examples for row in results.rows if row.inter == "i"]
    (summary,) = [each for each in results.summaries if each.lang == "de" and each.inter == "i"]
    assert summary.seeds == (1, 2) and summary.ci95_examples == first == second
