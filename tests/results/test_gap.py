"""The gap between English training and training in the target language, and how much of it an arm closes."""

import pytest

from xh.results.gap import gaps, grid
from xh.results.records import Summary
from xh.spec.cell import Coordinates


def summary(lang, mean, inter="none", train_lang="en", model="m", target="t"):
    return Summary(
        inter=inter, target=target, lang=lang, metric="accuracy", main=True, seeds=(1,), mean=mean, sd_seeds=None,
        baseline=None, baseline_sd_seeds=None, delta=None, delta_sd_seeds=None, ci95_examples=None, n=100, chance=None,
        at_chance=None, stages=("s",), at=Coordinates(model=model, train_lang=train_lang, limit_target=1.0,
                                                      limit_intermediate=None if inter == "none" else 1.0),
    )  # fmt: skip


def arm(lang, plain, after, own, **fields):
    return [
        summary(lang, plain, **fields),
        summary(lang, after, "mnli", **fields),
        summary(lang, own, train_lang=lang, **fields),
    ]


def test_what_is_closed_is_the_share_of_the_mean_gap():
    (gap,) = gaps([*arm("de", 50.0, 55.0, 60.0), *arm("ru", 40.0, 45.0, 60.0)])
    assert (gap.name, gap.target, gap.langs) == ("mnli", "t", ("de", "ru"))
    assert (gap.plain, gap.arm, gap.own) == (45.0, 50.0, 60.0)
    assert gap.closed == pytest.approx(5 / 15)
    low, high = gap.ci95_languages
    assert (low, high) == pytest.approx((0.25, 0.5))


def test_each_model_has_its_own_references():
    found = gaps([*arm("de", 50.0, 55.0, 60.0, model="small"), *arm("de", 70.0, 71.0, 72.0, model="large")])
    assert {gap.name: gap.closed for gap in found} == {"small · mnli": 0.5, "large · mnli": 0.5}


def test_languages_without_all_three_are_left_out():
    (gap,) = gaps([*arm("de", 50.0, 55.0, 60.0), summary("sw", 30.0), summary("sw", 40.0, "mnli")])
    assert gap.langs == ("de",)
    assert gap.ci95_languages is None


def test_without_a_gap_nothing_is_closed():
    found = gaps(arm("de", 50.0, 55.0, 50.0))
    assert found[0].closed is None
    (line,) = grid(found).lines
    assert [entry.text for entry in line.entries][-3:] == ["–", "–", "1"]


def test_where_no_draw_has_a_gap_there_is_no_interval_of_its_share():
    found = gaps([*arm("de", 50.0, 55.0, 50.0), *arm("ru", 40.0, 45.0, 40.0)])
    assert (found[0].closed, found[0].ci95_languages) == (None, None)


def test_without_training_in_the_target_language_there_is_no_line():
    assert gaps([summary("de", 50.0), summary("de", 55.0, "mnli")]) == []


def test_where_the_gap_may_be_none_no_share_is_shown():
    found = gaps([*arm("de", 50.0, 55.0, 52.0), *arm("ru", 50.0, 55.0, 49.0)])
    assert found[0].ci95_gap == pytest.approx((-1.0, 2.0))
    (line,) = grid(found).lines
    assert [entry.text for entry in line.entries][-4:] == ["+0.5 [-1.0, +2.0]", "–", "–", "2"]
