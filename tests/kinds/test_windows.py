"""Windows over a context."""

from itertools import pairwise

import pytest

from xh.kinds.windows import Window, best_window

GRID = [
    (length, capacity, stride)
    for length in (0, 1, 9, 10, 11, 16, 17, 25, 100)
    for capacity, stride in ((10, 10), (10, 7), (7, 1), (10, 1))
]


def by_xtremes_loop(length, capacity, stride):
    """`squad_convert_example_to_features` of XTREME's third_party/processors/squad.py: encode what is left, move on."""
    windows, left = [], length
    while not windows or len(windows) * stride < length:
        start = len(windows) * stride
        windows.append(Window(start, start + min(left, capacity)))
        if left <= capacity:
            break
        left -= stride
    return windows


@pytest.mark.parametrize(("length", "capacity", "stride"), GRID)
def test_windows_are_those_of_xtremes_script(length, capacity, stride):
    assert Window.over(length, capacity, stride) == by_xtremes_loop(length, capacity, stride)


@pytest.mark.parametrize(("length", "capacity", "stride"), GRID)
def test_windows_cover_every_token_and_all_but_the_last_are_full(length, capacity, stride):
    windows = Window.over(length, capacity, stride)
    assert {token for window in windows for token in range(window.start, window.end)} == set(range(length))
    assert {window.end - window.start for window in windows[:-1]} <= {capacity}
    assert {other.start - one.start for one, other in pairwise(windows)} <= {stride}


def test_a_context_that_fits_is_one_window():
    assert Window.over(10, 10, 3) == [Window(0, 10)]
    assert Window.over(0, 10, 3) == [Window(0, 0)]


def test_the_last_window_may_be_shorter():
    assert Window.over(18, 10, 6) == [Window(0, 10), Window(6, 16), Window(12, 18)]
    assert Window.over(384, 320, 128) == [Window(0, 320), Window(128, 384)]


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


@pytest.mark.parametrize(("length", "capacity", "stride"), GRID)
def test_a_tokens_best_window_is_that_of_berts_rule(length, capacity, stride):
    windows = Window.over(length, capacity, stride)
    assert best_window(windows, length) == [by_berts_rule(windows, token) for token in range(length)]


def test_windows_of_different_length_by_berts_rule():
    windows = [Window(0, 8), Window(5, 12), Window(10, 30)]
    assert best_window(windows, 30) == [by_berts_rule(windows, token) for token in range(30)]
