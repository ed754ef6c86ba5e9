"""Stages that evaluate one model in different languages are one evaluation."""

import pytest
from msgspec.structs import replace

from helpers.shelf import make_task
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.filters import Filter
from xh.results.rows import collect
from xh.spec import kinds
from xh.spec.cell import Cell

LANGUAGES = ("de", "fr", "sw")


@pytest.fixture
def joined(shelf):
    """de and fr in one stage and sw in another, of a baseline and after an intermediate task."""
    target = make_task("pairs", "bitext", languages=LANGUAGES)
    first = shelf.evaluate(target, {"de": 60.0, "fr": 50.0}, label={"data": "/a"})
    second = shelf.evaluate(target, {"sw": 40.0}, label={"data": "/b"})
    name = shelf.store.record(first).stage.evaluation
    assert name == shelf.store.record(second).stage.evaluation
    parent = shelf.train("intermediate", make_task("first"), inter="first")
    after = [
        shelf.evaluate(target, values, inter="first", parent=parent, label={"baseline": name})
        for values in ({"de": 61.0}, {"sw": 45.0, "fr": 53.0})
    ]
    return [first, second], after


def table(results):
    return {(row.inter, row.lang): (row.value, row.baseline) for row in results.rows}


def test_every_language_has_its_baseline_wherever_it_lies(shelf, joined):
    (first, second), _ = joined
    results = collect(shelf.store)
    assert table(results) == {
        ("none", "de"): (60.0, None),
        ("none", "fr"): (50.0, None),
        ("none", "sw"): (40.0, None),
        ("first", "de"): (61.0, 60.0),
        ("first", "fr"): (53.0, 50.0),
        ("first", "sw"): (45.0, 40.0),
    }
    compared = {row.lang: row.protocol["baseline"] for row in results.rows if row.inter == "first"}
    assert compared == {"de": first, "fr": first, "sw": second}


def test_there_is_one_average_and_one_table_whatever_the_data_were_called(shelf, joined):
    _, after = joined
    results = collect(shelf.store)
    average = next(each for each in results.averages if each.inter == "first")
    assert (average.score, average.baseline, average.delta, average.n) == (53.0, 50.0, 3.0, 300)
    assert set(average.stages) == set(after)
    (block,) = blocks(results)
    assert [line.name for line in block.grids[0].lines] == [*LANGUAGES, "average"]
    assert "pairs" in formats.table(results)


def test_a_cell_shows_the_languages_that_were_asked_for(shelf, joined):
    _, after = joined
    results = collect(shelf.store, [Cell("first", "pairs", 1, tuple(after), ("fr", "sw"))])
    assert table(results) == {("first", "fr"): (53.0, 50.0), ("first", "sw"): (45.0, 40.0)}


def test_a_language_on_other_data_is_another_evaluation(shelf):
    target = make_task("pairs", "bitext", languages=LANGUAGES)
    for value, identity in ((60.0, "rev-de"), (10.0, "other")):
        shelf.evaluate(target, {"de": value}, data={"pairs/test/de": identity})
    results = collect(shelf.store)
    assert {row.value: row.protocol["settings"] for row in results.rows} == {
        60.0: {"evaluate.data": "rev-de"},
        10.0: {"evaluate.data": "other"},
    }
    assert len(blocks(results)) == 2


def test_a_baseline_on_other_data_is_not_compared_with(shelf):
    target = make_task("pairs", "bitext", languages=LANGUAGES)
    baseline = shelf.store.record(shelf.evaluate(target, {"de": 60.0}, data={"pairs/test/de": "other"})).stage
    parent = shelf.train("intermediate", make_task("first"), inter="first")
    shelf.evaluate(target, {"de": 70.0}, inter="first", parent=parent, label={"baseline": baseline.evaluation})
    assert table(collect(shelf.store))["first", "de"] == (70.0, None)


def test_what_several_policies_took_is_joined_too(shelf):
    target = make_task("nli", languages=LANGUAGES)
    parent = shelf.train("target", target, recipe={"select": "last"})

    def scored(lang, value):
        return [{"lang": lang, "metric": "accuracy", "value": value, "n": 10}]

    for lang, value in (("de", 50.0), ("fr", 70.0)):
        inputs = {"phase": "evaluate", "tasks": {"test": target}, "languages": (lang,), "parent": parent}
        stage = shelf.stage(inputs | {"data": {f"nli/test/{lang}": "rev"}}, {"inter": "none", "target": "nli"}, "nli")
        policies = [
            {"policy": name, "step": step, "dev": {}, "scores": scored(lang, value + step)}
            for name, step in (("last", 0), ("english-dev", 1))
        ]
        shelf.put(stage, {"scores": scored(lang, value), "policies": policies})
    found = {each.policy: (each.values, each.score) for each in collect(shelf.store).policies}
    assert found == {"last": ({"de": 50.0, "fr": 70.0}, 60.0), "english-dev": ({"de": 51.0, "fr": 71.0}, 61.0)}


def test_one_language_of_a_joined_evaluation_is_shown_alone(shelf, joined):
    for lang, values in (("sw", [40.0, 45.0]), ("de", [60.0, 61.0])):
        results = collect(shelf.store, wanted=Filter(langs=(lang,)))
        assert sorted(row.value for row in results.rows) == values
        assert len(blocks(results)) == 1


def test_policies_are_compared_with_baselines_on_the_same_data(shelf):
    target = make_task("nli", languages=LANGUAGES)

    def put(inter, parent, values, baseline=None):
        langs = tuple(lang for lang, _ in values)
        data = {f"nli/test/{lang}": identity for (lang, identity) in values}
        inputs = {"phase": "evaluate", "tasks": {"test": target}, "languages": langs, "parent": parent, "data": data}
        stage = shelf.stage(inputs, {"inter": inter, "target": "nli", "baseline": baseline}, "nli")
        found = [{"lang": key[0], "metric": "accuracy", "value": value, "n": 10} for key, value in values.items()]
        policies = [{"policy": name, "step": 1, "dev": {}, "scores": found} for name in ("last", "english-dev")]
        shelf.put(stage, {"scores": found, "policies": policies})
        return stage.evaluation

    parents = [shelf.train("target", target, inter=inter, recipe={"select": inter}) for inter in ("none", "first")]
    put("none", parents[0], {("de", "old"): 10.0, ("fr", "rev"): 50.0})
    name = put("none", parents[0], {("de", "new"): 60.0})
    put("first", parents[1], {("de", "new"): 70.0, ("fr", "rev"): 60.0}, name)
    found = next(each for each in collect(shelf.store).policies if each.inter == "first")
    assert (found.score, found.baseline) == (65.0, 55.0)


def test_stages_of_another_version_of_the_code_are_told_apart(shelf, monkeypatch):
    for version, value in ((1, 50.0), (2, 60.0)):
        shelf.evaluate(make_task("pairs", "bitext", version=version), {"de": value})
    assert {row.value: row.protocol["settings"] for row in collect(shelf.store).rows} == {
        50.0: {"evaluate.tasks.test.version": "default"},
        60.0: {"evaluate.tasks.test.version": 2},
    }
    target = make_task("other", "bitext")
    first = shelf.store.record(shelf.evaluate(target, {"de": 50.0})).stage.evaluation
    monkeypatch.setitem(kinds.KINDS, "bitext", replace(kinds.KINDS["bitext"], version=2))
    assert first in shelf.store.evaluations()
    shelf.evaluate(target, {"de": 60.0})
    settings = [row.protocol["settings"] for row in collect(shelf.store).rows if row.target == "other"]
    assert len(settings) == 2 and {*settings[0], *settings[1]} == {"evaluation"}
    parent = shelf.train("intermediate", make_task("first"), inter="first")
    shelf.evaluate(target, {"de": 70.0}, inter="first", parent=parent, label={"baseline": first})
    assert next(row.baseline for row in collect(shelf.store).rows if row.inter == "first") == 50.0
