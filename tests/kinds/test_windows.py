"""Windows over a context."""

from itertools import pairwise

import pytest

from xh.kinds.windows import Window, best_window

GRID = [
    (length, capacity, overlap)
    for length in (0, 1, 9, 10, 11, 16, 17, 25, 100)
    for capacity, overlap in ((10, 0), (10, 3), (7, 6), (10, 9))
]


@pytest.mark.parametrize(("length", "capacity", "overlap"), GRID)
def test_windows_cover_every_token_and_are_full(length, capacity, overlap):
    windows = Window.over(length, capacity, overlap)
    assert {token for window in windows for token in range(window.start, window.end)} == set(range(length))
    assert {window.end - window.start for window in windows} == {min(length, capacity)}


@pytest.mark.parametrize(("length", "capacity", "overlap"), GRID)
def test_neighbours_share_the_overlap_and_the_last_one_with_its_neighbour_at_least_that(length, capacity, overlap):
    windows = Window.over(length, capacity, overlap)
    shared = [one.end - other.start for one, other in pairwise(windows)]
    assert all(count == overlap for count in shared[:-1])
    assert all(overlap <= count < capacity for count in shared[-1:])


def test_a_context_that_fits_is_one_window():
    assert Window.over(10, 10, 3) == [Window(0, 10)]
    assert Window.over(0, 10, 3) == [Window(0, 0)]


def test_the_last_window_is_moved_back_to_be_full():
    assert Window.over(18, 10, 4) == [Window(0, 10), Window(6, 16), Window(8, 18)]


def by_berts_rule(windows, token):
    """`_check_is_max_context` of BERT's SQuAD script: the first of the windows with the highest score."""
    best, found = None, None
    for number, window in enumerate(windows):
        if window.start <= token <= window.end - 1:
            left, right = token - window.start, window.end - 1 - token
            score = min(left, right) + 0.01 * (window.end - window.start)
            if best is None or score > best:
                best, found = score, number
    return found


@pytest.mark.parametrize(("length", "capacity", "overlap"), GRID)
def test_a_tokens_best_window_is_that_of_berts_rule(length, capacity, overlap):
    windows = Window.over(length, capacity, overlap)
    assert best_window(windows, length) == [by_berts_rule(windows, token) for token in range(length)]


def test_windows_of_different_length_by_berts_rule():
    windows = [Window(0, 8), Window(5, 12), Window(10, 30)]
    assert best_window(windows, 30) == [by_berts_rule(windows, token) for token in range(30)]
