"""When a score counts as no better than a guess."""

import pytest

from helpers.shelf import make_task
from xh.results.chance import at_chance
from xh.results.rows import collect


@pytest.mark.parametrize(
    ("value", "chance", "n", "expected"),
    [
        (60.0, 50.0, 100, False),
        (59.0, 50.0, 100, True),
        (59.0, 50.0, 1000, False),
        (100.0, 50.0, 2, True),
        (0.0, 0.0, 1000, True),
        (1.0, 0.0, 100, True),
        (1.0, 0.0, 1000, False),
        (20.0, 33.3, 5000, True),
        (None, 50.0, 100, None),
        (60.0, None, 100, None),
    ],
)
def test_a_score_must_be_two_standard_errors_above_chance(value, chance, n, expected):
    assert at_chance(value, chance, n) is expected


def test_a_metric_that_may_be_negative_has_an_error_too():
    assert at_chance(-20.0, 0.0, 100) is True


def test_a_score_without_a_guess_is_not_judged(shelf):
    shelf.evaluate(make_task("t"), {"de": 50.0})
    results = collect(shelf.store)
    assert [(each.chance, each.at_chance) for each in (*results.rows, *results.averages)] == [(None, None)] * 2


def test_an_average_is_over_the_examples_of_all_languages(shelf):
    chance = {"de": 50.0, "fr": 50.0}
    shelf.evaluate(make_task("t"), {"de": 58.0, "fr": 58.0}, chance=chance)
    results = collect(shelf.store)
    assert [row.at_chance for row in results.rows] == [True, True]
    assert [(each.n, each.at_chance) for each in results.averages] == [(200, False)]
