"""Rank correlation over pairs of tasks, with what is independent and what is not."""

from itertools import permutations

import numpy as np
import pytest

from xh.results.correlation import MOST, by_tasks, over_pairs, spearman


def test_spearman_with_equal_values():
    """The number is that of scipy.stats.spearmanr (1.17.1)."""
    found = spearman(np.array([1.0, 2, 2, 3, 5, 0]), np.array([2.0, 1, 4, 3, 5, 5]))
    assert found == pytest.approx(0.08823529411764706)


def test_spearman_leaves_out_pairs_that_are_not_there():
    x = np.array([[1.0, 2.0, np.nan], [4.0, 9.0, 5.0]])
    y = np.array([[1.0, 8.0, 3.0], [7.0, 9.0, np.nan]])
    assert spearman(x, y) == pytest.approx(0.8)
    assert np.isnan(spearman(x, np.ones((2, 3))))


def test_the_interval_is_that_of_drawing_pairs_again():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(5, 6))
    y = x + rng.normal(size=(5, 6))
    draws = [rng.integers(30, size=30) for _ in range(2000)]
    again = np.percentile([spearman(x.ravel()[rows], y.ravel()[rows]) for rows in draws], [2.5, 97.5])
    assert over_pairs(x, y) == pytest.approx(again, abs=0.04)
    low, high = over_pairs(x, y)
    assert low < spearman(x, y) < high


def test_all_permutations_of_few_tasks():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    orders = [(rows, columns) for rows in permutations(range(3)) for columns in permutations(range(4))]
    moved = [[[x[row][column] for column in columns] for row in rows] for rows, columns in orders]
    found = [abs(spearman(np.array(each), y)) for each in moved]
    assert by_tasks(x, y) == (sum(each >= found[0] - 1e-9 for each in found) / 144, 144)


def test_many_tasks_are_permuted_at_random_and_always_alike():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(9, 9))
    p, count = by_tasks(x, x + rng.normal(size=(9, 9)) / 4)
    assert (p, count) == (1 / MOST, MOST)


def test_pairs_that_share_a_task_are_no_independent_proofs():
    """Both sides depend on the intermediate task alone: three tasks can't be more than one chance in six."""
    x = np.repeat([[1.0], [2.0], [3.0]], 8, axis=1)
    assert spearman(x, x) == pytest.approx(1)
    p, _ = by_tasks(x[:, :4], x[:, :4])
    assert p >= 1 / 6
