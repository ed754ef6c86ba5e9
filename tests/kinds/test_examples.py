"""Checked rows, their canonical columns, and how fewer are drawn."""

from itertools import pairwise

import pytest

from xh.kinds.base import canonical, sampled
from xh.spec import Files, MissingError, TaskSpec
from xh.spec.examples import Examples


def numbers(count):
    return Examples({"n": list(range(count)), "square": [n * n for n in range(count)]}, "data")


def task(kind="classify", **columns):
    data = Files(("{split}.jsonl",), {"train": "train", "test": "test"})
    return TaskSpec(name="t", kind=kind, roles=("intermediate",), languages=("en",), metric="m", data=data,
                    labels=("yes", "no"), columns=columns)  # fmt: skip


def test_examples_have_a_length_columns_and_rows():
    examples = numbers(3)
    assert len(examples) == 3
    assert examples["square"] == [0, 1, 4]
    assert list(examples.rows()) == [{"n": 0, "square": 0}, {"n": 1, "square": 1}, {"n": 2, "square": 4}]


def test_fewer_are_among_more_and_keep_their_order():
    drawn = [sampled(numbers(100), rows) for rows in (1, 10, 20, 99)]
    for fewer, more in pairwise(drawn):
        assert set(fewer["n"]) < set(more["n"])
    for examples, rows in zip(drawn, (1, 10, 20, 99), strict=True):
        assert len(examples) == rows
        assert examples["n"] == sorted(examples["n"])
        assert examples["square"] == [n * n for n in examples["n"]]


def test_the_same_rows_are_drawn_every_time_and_not_just_the_first_ones():
    assert sampled(numbers(100), 10) == sampled(numbers(100), 10)
    assert sampled(numbers(100), 10)["n"] != list(range(10))


@pytest.mark.parametrize("rows", [5, 6, 1000])
def test_no_more_than_there_are(rows):
    assert sampled(numbers(5), rows) == numbers(5)


def test_columns_get_the_kinds_names_and_others_are_left_out():
    columns = {"premise": ["a"], "hypothesis": ["b"], "gold": [0], "idx": [7]}
    found = canonical(columns, task(text_a="premise", text_b="hypothesis", label="gold"), "t train en")
    assert found == {"text_a": ["a"], "label": [0], "text_b": ["b"]}


def test_an_optional_column_may_be_absent():
    assert canonical({"text_a": ["a"], "label": [0]}, task(), "t train en") == {"text_a": ["a"], "label": [0]}


def test_an_optional_column_that_the_record_names_may_not_be_absent():
    with pytest.raises(MissingError, match="t train en has no column hypothesis"):
        canonical({"premise": ["a"], "label": [0]}, task(text_a="premise", text_b="hypothesis"), "t train en")


def test_an_absent_column_is_named_beside_those_that_are_there():
    with pytest.raises(MissingError) as caught:
        canonical({"premise": ["a"], "gold": [0]}, task(text_a="premise"), "t train en")
    assert caught.value.what == "t train en has no column label."
    assert caught.value.why == "It has premise, gold."
    assert "xh show t" in caught.value.todo


def test_a_kind_of_ones_own_gets_the_columns_that_its_task_names_or_else_all():
    columns = {"premise": ["a"], "score": [0.5]}
    assert canonical(columns, task("m:K", text="premise"), "t") == {"text": ["a"]}
    assert canonical(columns, task("m:K"), "t") == columns
