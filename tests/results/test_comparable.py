"""When a score can stand beside published ones."""

import pytest

from helpers.shelf import make_task
from xh.results.rows import collect
from xh.spec import Files


def reason(shelf):
    (row,) = collect(shelf.store).rows
    assert row.comparable == (row.why_not is None)
    return row.why_not


def test_official_data_and_protocol_are_comparable(shelf):
    target = make_task("t", rows={"train": 1000, "test": {"de": 100}})
    parent = shelf.train("target", target, rows=1000)
    shelf.evaluate(target, {"de": 50.0}, parent=parent)
    assert reason(shelf) is None


def test_sample_data_are_reason_enough(shelf):
    shelf.evaluate(make_task("t", rows={"test": 5}, reason="other rows"), {"de": 50.0}, label={"data": "sample"})
    assert reason(shelf) == "sample data"


def test_a_tasks_own_reason(shelf):
    shelf.evaluate(make_task("t", reason="gold pairs only"), {"de": 50.0})
    assert reason(shelf) == "gold pairs only"


def test_other_numbers_of_test_rows(shelf):
    shelf.evaluate(make_task("t", rows={"test": 5010}), {"de": 50.0}, n=1000)
    assert reason(shelf) == "1,000 test rows instead of 5,010"


@pytest.mark.parametrize(("limit", "expected"), [(50, "at most 50 test rows"), (None, None)])
def test_limited_test_rows_of_unknown_number(shelf, limit, expected):
    shelf.evaluate(make_task("t"), {"de": 50.0}, limit_eval=limit)
    assert reason(shelf) == expected


def test_a_limit_above_the_official_number_changes_nothing(shelf):
    target = make_task("t", rows={"train": 1000, "dev": 20, "test": 100})
    parent = shelf.train("target", target, rows=1000, limit_train=2000, limit_eval=200)
    shelf.evaluate(target, {"de": 50.0}, parent=parent, limit_eval=200)
    assert reason(shelf) is None


@pytest.mark.parametrize("phase", ["intermediate", "target"])
def test_other_numbers_of_training_rows_in_any_phase(shelf, phase):
    parent = shelf.train(phase, make_task("t", rows={"train": 392_702}), rows=500)
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent=parent)
    assert reason(shelf) == "t: 500 train rows instead of 392,702"


@pytest.mark.parametrize(("rows", "reason_"), [(30, None), (25, "t: 25 train rows instead of 30")])
def test_the_official_rows_of_several_training_languages_add_up(shelf, rows, reason_):
    target = make_task("t", languages=("en", "de"), rows={"train": {"en": 10, "de": 20}})
    data = {"t/train/en": "a", "t/train/de": "b"}
    parent = shelf.train("intermediate", target, rows=rows, data=data)
    shelf.evaluate(make_task("x"), {"de": 50.0}, parent=parent)
    assert reason(shelf) == reason_


def test_limited_training_whose_rows_were_not_counted(shelf):
    parent = shelf.train("target", make_task("t", rows={"train": 1000}), limit_train=10)
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent=parent)
    assert reason(shelf) == "t: at most 10 train rows"


def test_a_dev_set_that_was_not_read_does_not_matter(shelf):
    parent = shelf.train("target", make_task("t", rows={"dev": 1000}), limit_eval=10, data={"t/train/en": "a"})
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent=parent)
    assert reason(shelf) is None


def test_a_training_that_is_gone(shelf):
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent="target-t-000000000000")
    assert reason(shelf) == "target-t-000000000000 is no longer in the store"


@pytest.mark.parametrize(
    ("recipe", "protocol", "expected"),
    [
        ({}, {"layer": 8, "official_layer": 8, "pooling": "mean"}, None),
        ({}, {"layer": 7, "official_layer": 8}, "layer 7 instead of 8"),
        ({"margin": "distance"}, {}, None),
        ({"search": "mine"}, {}, "search mine instead of nearest"),
        ({"max_length": 64}, {}, "max_length 64 instead of 512"),
        ({"index": "ivf"}, {}, "index ivf instead of exact"),
    ],
)
def test_the_protocol_of_retrieval(shelf, recipe, protocol, expected):
    shelf.evaluate(make_task("t", "bitext"), {"de": 50.0}, recipe=recipe, protocol=protocol)
    assert reason(shelf) == expected


@pytest.mark.parametrize(
    ("key", "value", "usual"), [("margin", "distance", "ratio"), ("k", 5, 4), ("strategy", "intersect", "max")]
)
def test_the_protocol_of_mining(shelf, key, value, usual):
    target = make_task("t", "bitext", recipe={"search": "mine"})
    shelf.evaluate(target, {"de": 50.0}, recipe={"search": "mine"}, protocol={key: value})
    assert reason(shelf) == f"{key} {value} instead of {usual}"


def test_several_reasons_are_joined(shelf):
    shelf.evaluate(make_task("t", reason="other rows", rows={"test": 7}), {"de": 50.0})
    assert reason(shelf) == "other rows; 100 test rows instead of 7"


def test_candidates_that_are_missing_or_not_all_looked_at(shelf):
    pool = Files(("pool/{lang}.jsonl",), {"candidates": "candidates"})
    target = make_task("t", pool=pool, languages=("de", "fr"), rows={"candidates": 30})
    shelf.evaluate(target, {"de": 50.0}, protocol={"candidates": 45, "recall": 0.9912})
    assert reason(shelf) == "45 candidates instead of 60; an index that finds 99.1% of the nearest candidates"
