"""Several seeds of one cell: mean, standard deviation, and what is not averaged."""

import pytest

from helpers.shelf import make_task
from xh.cli.main import main
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.filters import Filter
from xh.results.rows import collect
from xh.results.view import View


def put_seed(shelf, seed, baseline=None, inter="first", name="t", **after):
    """Evaluate a target with and without an intermediate task with one seed."""
    source = shelf.train("target", make_task(name), seed=seed)
    stage = shelf.evaluate(make_task(name), baseline or dict.fromkeys(after, 50.0 + seed), parent=source)
    start = shelf.train("intermediate", make_task(inter), inter=inter, seed=seed)
    parent = shelf.train("target", make_task(name), inter=inter, seed=seed, parent=start)
    shelf.evaluate(make_task(name), after, inter=inter, parent=parent, label={"baseline": stage})


def of(results, **fields):
    found = [each for each in results.summaries if all(getattr(each, key) == value for key, value in fields.items())]
    assert len(found) == 1, found
    return found[0]


def test_a_summary_has_mean_and_sample_standard_deviation(shelf):
    for seed, value in enumerate((60.0, 62.0, 67.0), start=1):
        put_seed(shelf, seed, de=value, fr=60.0)
    found = of(collect(shelf.store), inter="first", lang="de")
    assert (found.seeds, found.mean, found.baseline, found.delta) == ((1, 2, 3), 63.0, 52.0, 11.0)
    assert found.sd_seeds == pytest.approx(13**0.5)
    assert (found.baseline_sd_seeds, found.delta_sd_seeds) == pytest.approx((1.0, 7**0.5))
    assert len(found.stages) == 3
    average = of(collect(shelf.store), inter="first", lang=None)
    assert average.mean == pytest.approx(61.5)
    assert average.sd_seeds == pytest.approx(13**0.5 / 2)


def test_one_seed_has_no_deviation(shelf):
    put_seed(shelf, 4, de=60.0)
    found = of(collect(shelf.store), inter="first", lang="de")
    assert (found.seeds, found.mean, found.sd_seeds, found.delta_sd_seeds) == ((4,), 60.0, None, None)


def test_tables_show_means_and_deviations(shelf):
    for seed, value in ((1, 60.0), (2, 63.0)):
        put_seed(shelf, seed, de=value)
    results = collect(shelf.store)
    (block,) = blocks(results)
    assert block.caption.endswith("seeds 1, 2 (mean ± sd)")
    lines = formats.table(results).splitlines()
    assert ["de", "51.5", "±0.7", "61.5", "±2.1", "+10.0"] in [line.split() for line in lines]
    assert "| de | 51.5 ±0.7 | 61.5 ±2.1 (+10.0) |" in formats.markdown(results).splitlines()


def test_a_baseline_that_needs_no_training_is_one_for_all_seeds(shelf):
    target = make_task("pairs", "bitext")
    baseline = shelf.evaluate(target, {"de": 60.0})
    for seed in (1, 2):
        parent = shelf.train("intermediate", make_task("first"), inter="first", seed=seed)
        shelf.evaluate(target, {"de": 60.0 + seed}, inter="first", parent=parent, label={"baseline": baseline})
    found = of(collect(shelf.store), inter="first", lang="de")
    assert (found.seeds, found.baseline, found.baseline_sd_seeds, found.delta) == ((1, 2), 60.0, None, 1.5)


def test_tasks_with_other_seeds_stand_in_other_blocks(shelf):
    for seed in (1, 2):
        put_seed(shelf, seed, de=60.0)
    put_seed(shelf, 1, inter="second", de=70.0)
    found = {block.caption.rpartition(" · ")[2]: block.grids[0].columns for block in blocks(collect(shelf.store))}
    assert found == {"seeds 1, 2 (mean ± sd)": ("none", "first"), "seed 1": ("none", "second")}


@pytest.fixture
def unequal(shelf):
    """Two intermediate tasks before one target, the second without French."""
    for inter, values in (("first", {"de": 60.0, "fr": 50.0}), ("second", {"de": 90.0})):
        parent = shelf.train("intermediate", make_task(inter), inter=inter)
        shelf.evaluate(make_task("pairs", "bitext"), values, inter=inter, parent=parent)
    return shelf.store


def test_averages_over_fewer_languages_than_others_have_are_refused(unequal):
    results = collect(unequal)
    assert {each.inter: each.score for each in results.averages} == {"first": 55.0, "second": None}
    assert {each.inter: each.mean for each in results.summaries if each.lang is None} == {"first": 55.0, "second": None}
    refused = next(each for each in results.averages if each.inter == "second")
    assert "second lacks fr, which others have" in refused.why_not and not refused.comparable
    assert "Average of pairs: second lacks fr, which others have." in formats.table(results)
    assert {(row.inter, row.value) for row in results.rows} >= {("second", 90.0)}


def test_unequal_averages_are_there_for_who_asks(unequal):
    results = collect(unequal, unequal=True)
    assert {each.inter: each.score for each in results.averages} == {"first": 55.0, "second": 90.0}


def test_unequal_averages_say_which_languages_each_is_over(shelf):
    target, baseline = make_task("pairs", "bitext", languages=("de", "fr", "ru")), None
    for inter, values in (
        ("none", {"de": 40.0, "fr": 50.0}),
        ("first", {"de": 60.0, "fr": 50.0}),
        ("second", {"de": 9}),
    ):
        parent = shelf.train("intermediate", make_task(inter), inter=inter) if inter != "none" else None
        label = {"baseline": baseline}
        stage = shelf.evaluate(target, values, inter=inter, parent=parent, label=label)
        baseline = baseline or stage
    full = formats.table(collect(shelf.store, unequal=True), View(notes=True))
    lines = full.splitlines()
    assert ["average", "45.0", "55.0", "+10.0", "9.0", "-31.0"] in [line.split() for line in lines]
    assert "Average of pairs (first): without ru (2 of 3 languages)." in lines
    assert "Average of pairs (second): without fr, ru (1 of 3 languages)." in lines
    assert "Average of pairs: each difference is to the baseline over the same languages." in lines
    asked = Filter(langs=("de", "fr"))
    lines = formats.table(collect(shelf.store, unequal=True, wanted=asked)).splitlines()
    assert "Average of pairs (second): over de only." in lines


@pytest.mark.parametrize(("words", "average"), [((), "–"), (("--allow-unequal",), "90.0")])
def test_a_report_shows_them_when_told_to(unequal, capsys, words, average):
    assert main(("report", "--runs", str(unequal.root), *words)) == 0
    assert ["average", "55.0", average] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_seeds_over_unequal_languages_have_no_mean(shelf):
    put_seed(shelf, 1, de=60.0, fr=60.0)
    put_seed(shelf, 2, de=60.0)
    average = of(collect(shelf.store), inter="first", lang=None)
    assert (average.mean, average.sd_seeds, average.delta, average.ci95_examples) == (None, None, None, None)
    assert of(collect(shelf.store), inter="first", lang="fr").seeds == (1,)
