"""Where each value of a recipe comes from."""

import pytest

from helpers import made_tasks
from xh.plan.recipes import by_task, parse_overrides, resolve, without_section
from xh.plan.settings import Profile
from xh.spec import SpanTraining, UsageError, kinds

DEFAULTS = SpanTraining()


@pytest.fixture
def profile():
    sections = {"span": {"epochs": 4.0, "batch_size": 8, "stride": 32}, "qa": {"batch_size": 4, "stride": 16}}
    return Profile(recipes=sections, origin="tasks.toml [profiles.made")


def recipe_with(profile, *words):
    """The recipe of ``qa`` with these ``--set`` options."""
    return resolve(made_tasks.qa(), profile, parse_overrides(words))


def test_every_value_says_where_it_is_from(profile):
    found = recipe_with(profile, "qa.stride=8")
    assert set(found.origins) == set(found.values) == set(SpanTraining.__struct_fields__)
    said = {
        name: (found.values[name], found.origins[name]) for name in found.values if found.origins[name] != "default"
    }
    assert said == {
        "max_length": (64, "task record"),
        "epochs": (4.0, "tasks.toml [profiles.made.recipes.span]"),
        "batch_size": (4, "tasks.toml [profiles.made.recipes.qa]"),
        "stride": (8, "--set"),
    }
    assert (found.values["warmup"], found.origins["warmup"]) == (DEFAULTS.warmup, "default")


def test_the_record_has_the_values_as_attributes(profile):
    record = recipe_with(profile, "qa.select=last").record
    assert isinstance(record, SpanTraining)
    assert (record.batch_size, record.max_length, record.select) == (4, 64, "last")


def test_without_a_profile_the_task_and_the_kind_count():
    found = resolve(made_tasks.qa(), Profile(), {})
    assert (found.values["max_length"], found.values["epochs"]) == (64, DEFAULTS.epochs)


def test_one_and_one_point_zero_are_the_same(profile):
    assert recipe_with(profile, "qa.epochs=1").values == recipe_with(profile, "qa.epochs=1.0").values
    assert isinstance(recipe_with(profile, "qa.epochs=1").values["epochs"], float)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("qa.epochs=many", "Expected `float`, got `str`"),
        ("qa.epochs=0", "Expected `float` > 0.0"),
        ("qa.learning_rate=2", "Expected `float` < 1.0"),
        ("qa.learning_rate=nan", "Expected `float` > 0.0"),
        ("qa.batch_size=1.5", "Expected `int`, got `float`"),
        ("qa.batch_size=0", "Expected `int` >= 1"),
        ("qa.batch_size=true", "Expected `int`, got `bool`"),
        ("qa.select=best", "Invalid enum value 'best'"),
        ("qa.max_length=4", "Expected `int` >= 32"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_origin(profile, word, why):
    with pytest.raises(UsageError, match=r"qa\.\w+ = .* \(from --set\) is invalid") as caught:
        recipe_with(profile, word)
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("kind", "key", "known"),
    [
        ("span", "select", "english-dev, last, target-dev"),
        ("bitext", "margin", "absolute, distance, ratio"),
        ("bitext", "threshold", "dev, a number"),
    ],
)
def test_a_value_that_is_none_of_the_known_ones_gets_these(kind, key, known):
    task = made_tasks.qa() if kind == "span" else made_tasks.pairs()
    with pytest.raises(UsageError) as caught:
        resolve(task, Profile(), parse_overrides((f"{task.name}.{key}=other",)))
    assert caught.value.todo == f"Known: {known}."


def test_an_unknown_setting_gets_the_nearest(profile):
    with pytest.raises(UsageError, match=r"Task 'qa' has no setting 'epoch' \(from --set\)") as caught:
        recipe_with(profile, "qa.epoch=1")
    assert "Did you mean 'epochs'?" in caught.value.why
    assert "learning_rate" in caught.value.todo


def test_an_unknown_setting_of_a_profile_says_which():
    profile = Profile(recipes={"span": {"strid": 1}}, origin="tasks.toml [profiles.made")
    with pytest.raises(UsageError, match=r"'strid' \(from tasks\.toml \[profiles\.made\.recipes\.span\]\)") as caught:
        resolve(made_tasks.qa(), profile, {})
    assert "Did you mean 'stride'?" in caught.value.why


def test_a_kind_of_ones_own_may_have_settings_of_its_own():
    task = made_tasks.qa(kind="made", recipe={"bins": 5, "epochs": 3.0})
    found = resolve(task, Profile(), parse_overrides(("qa.bins=7",)))
    assert (found.record.bins, found.record.epochs, found.origins["bins"]) == (7, 3.0, "--set")
    with pytest.raises(UsageError, match="is invalid"):
        resolve(task, Profile(), parse_overrides(("qa.bins=many",)))


@pytest.fixture
def depth(monkeypatch):
    """A plugin's kind, like ``span``."""
    monkeypatch.setitem(kinds.KINDS, "depth", kinds.KindSpec(name="depth", like="span", dist="xh-made"))


def test_a_kind_that_is_like_another_has_its_sections_below_its_own(depth):
    sections = {"span": {"stride": 64, "epochs": 1.0}, "depth": {"epochs": 4.0}}
    values = resolve(made_tasks.qa(kind="depth"), Profile(recipes=sections), {}).values
    assert (values["stride"], values["epochs"]) == (64, 4.0)


@pytest.mark.parametrize(
    ("sections", "lacking"),
    [
        ({"classify": {}}, ["qa"]),
        ({"span": {}}, []),
        ({"depth": {}}, []),
        ({"qa": {}}, []),
        ({}, []),
    ],
    ids=["another kind's", "that of the kind it is like", "its kind's", "its own", "none of any"],
)
def test_a_profile_that_says_nothing_of_a_task_is_known_not_to(depth, sections, lacking):
    assert without_section([made_tasks.qa(kind="depth"), made_tasks.pairs()], Profile(recipes=sections)) == lacking


def test_overrides_are_toml_values_or_text():
    words = ("a.n=8", "a.rate=1e-5", "a.on=true", "a.text=dev", 'b.quoted="8"', "xh-made:b.k = 1")
    assert parse_overrides(words) == {
        "a": {"n": 8, "rate": 1e-5, "on": True, "text": "dev"},
        "b": {"quoted": "8"},
        "xh-made:b": {"k": 1},
    }


def test_overrides_from_python_keep_their_types():
    values = by_task({"qa.select": "last", "qa.epochs": 3, "xh-made:b.text": "1", "b.layer": None})
    assert values == {"qa": {"select": "last", "epochs": 3}, "xh-made:b": {"text": "1"}, "b": {"layer": None}}
    assert resolve(made_tasks.pairs(), Profile(), by_task({"pairs.layer": None})).values["layer"] is None
    for wrong in ("3", None):
        with pytest.raises(UsageError, match=f"qa.epochs = {wrong!r}.* is invalid"):
            resolve(made_tasks.qa(), Profile(), by_task({"qa.epochs": wrong}))


@pytest.mark.parametrize("word", ["qa", "qa.epochs", ".epochs=1", "qa.=1", "=1"])
def test_an_override_of_another_shape_is_refused(word):
    with pytest.raises(UsageError, match="is invalid") as caught:
        parse_overrides((word,))
    assert "--set TASK.KEY=VALUE" in caught.value.todo
