"""Reports about a part of what is in the store."""

import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.filters import Filter
from xh.results.rows import collect
from xh.spec import UsageError


@pytest.fixture
def store(shelf):
    """Two targets in two languages, one of them trained, after two intermediate tasks with two seeds."""
    pairs = make_task("pairs", "bitext", aliases=("couples",), groups=("some",))
    nli = make_task("nli", groups=("some", "others"))
    baseline = shelf.evaluate(pairs, {"de": 60.0, "fr": 70.0})
    for seed in (1, 2):
        source = shelf.train("target", nli, seed=seed)
        alone = shelf.evaluate(nli, {"de": 50.0, "fr": 52.0}, parent=source)
        for inter in ("first", "second"):
            before = shelf.train("intermediate", make_task(inter), inter=inter, seed=seed)
            shelf.evaluate(pairs, {"de": 64.0, "fr": 70.0}, inter=inter, parent=before, label={"baseline": baseline})
            parent = shelf.train("target", nli, inter=inter, seed=seed, parent=before)
            shelf.evaluate(nli, {"de": 55.0, "fr": 60.0}, inter=inter, parent=parent, label={"baseline": alone})
    return shelf.store


def cells(results):
    return {(row.inter, row.target, row.seed) for row in results.rows}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"inter": ("first",), "seed": (1,)}, {("first", "pairs", 1), ("first", "nli", 1), ("none", "nli", 1)}),
        ({"inter": ("none",), "target": ("nli",)}, {("none", "nli", 1), ("none", "nli", 2)}),
        ({"inter": ("first",), "target": ("couples",)}, {("first", "pairs", 1), ("first", "pairs", 2)}),
        ({"target": ("others",), "inter": ("second",), "seed": (2,)}, {("second", "nli", 2), ("none", "nli", 2)}),
    ],
)
def test_what_fits_is_left_with_its_baselines(store, wanted, expected):
    found = collect(store, wanted=Filter(**wanted))
    bare = {("none", "pairs", None)} if any(target == "pairs" for _, target, _ in expected) else set()
    assert cells(found) == expected | bare


def test_averages_are_over_the_languages_asked_for_and_say_so(store):
    found = collect(store, wanted=Filter(inter=("first",), target=("pairs",), langs=("de",), seed=(1,)))
    assert {row.lang for row in found.rows} == {"de"}
    average = next(each for each in found.averages if each.inter == "first")
    assert (average.score, average.baseline, average.delta, average.langs) == (64.0, 60.0, 4.0, ("de",))
    assert not average.comparable and average.why_not == "over de only"
    assert "Average of pairs: over de only." in formats.table(found)


@pytest.fixture
def spoken(shelf):
    """A target in four languages: by itself, after English, and after Swahili, which reads its train split."""
    many = make_task("many", languages=("de", "sw", "ur", "xx"))
    values = dict.fromkeys(many.languages, 50.0)
    source = shelf.train("target", many)
    baseline = shelf.evaluate(many, values, parent=source)
    for lang in ("en", "sw"):
        inter = make_task(f"in-{lang}")
        before = shelf.train("intermediate", inter, inter=inter.name, data={f"{inter.name}/train/{lang}": "a"})
        parent = shelf.train("target", many, inter=inter.name, parent=before)
        shelf.evaluate(many, values, inter=inter.name, parent=parent, label={"baseline": baseline})
    return shelf.store


@pytest.mark.parametrize(
    ("wanted", "langs"),
    [
        ({"langs": ("low",)}, {"sw"}),
        ({"langs": ("script:arab", "de")}, {"ur", "de"}),
        ({"langs": ("seen",)}, {"sw"}),
        ({"langs": ("unseen",)}, {"de", "ur", "xx"}),
        ({"langs": ("unseen",), "inter": ("in-en",)}, {"de", "sw", "ur", "xx"}),
    ],
)
def test_groups_of_languages_are_the_same_for_all_cells_of_a_target(spoken, wanted, langs):
    found = collect(spoken, wanted=Filter(**wanted))
    assert {(row.inter, row.lang) for row in found.rows if row.inter == "in-en"} == {("in-en", lang) for lang in langs}
    assert {row.lang for row in found.rows if row.inter == "none"} == langs
    assert all(average.score == 50.0 for average in found.averages)


def test_a_group_without_languages_says_what_there_is(spoken):
    with pytest.raises(UsageError, match="Nothing in the store matches --langs script:Thai") as caught:
        collect(spoken, wanted=Filter(langs=("script:Thai",)))
    assert "--inter in-sw --target many" in caught.value.why


def test_all_languages_are_no_part(store):
    found = collect(store, wanted=Filter(langs=("fr", "de")))
    assert {each.why_not for each in found.averages} == {None}


def test_the_baseline_stands_beside_every_cell(store):
    lines = [line.split() for line in formats.table(collect(store, wanted=Filter(inter=("second",)))).splitlines()]
    assert ["baseline", "second"] in lines
    assert all("first" not in line for line in lines)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"inter": ("frist",)}, "Did you mean 'first'?"),
        ({"target": ("pair",)}, "Did you mean 'pairs'"),
        ({"langs": ("de", "xx")}, "There is no language 'xx'."),
        ({"langs": ("hihg",)}, "Did you mean 'high'?"),
        ({"langs": ("german",)}, "Did you mean 'de' (German)?"),
        ({"model": ("minni",)}, "Did you mean 'mini'?"),
        ({"seed": (3,)}, "Known: 1, 2."),
    ],
)
def test_a_word_that_nothing_answers_to_is_an_error_with_what_there_is(store, wanted, text):
    with pytest.raises(UsageError) as error:
        collect(store, wanted=Filter(**wanted))
    assert text in str(error.value)


def test_what_leaves_nothing_says_what_there_is(shelf):
    shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0})
    shelf.evaluate(make_task("others", "bitext"), {"fr": 60.0})
    with pytest.raises(UsageError) as error:
        collect(shelf.store, wanted=Filter(target=("pairs",), langs=("fr",)))
    assert "Nothing in the store matches --target pairs --langs fr." in str(error.value)
    assert "--inter none --target others --model mini" in str(error.value)


def test_an_empty_store_is_no_error(shelf):
    assert collect(shelf.store, wanted=Filter(inter=("first",))).rows == ()
