"""What is known of languages, and which of them a group has."""

import re
from pathlib import Path

import pytest

from helpers.made_plugins import Plugin, register
from xh.api import LanguageSpec
from xh.plugins import builtin
from xh.plugins.languages import belongs, check_words, groups, is_group, language, meant, members
from xh.plugins.registry import registry as installed
from xh.spec import UsageError

EXTRAS = Path(__file__).parents[1] / "fixture_plugins" / "xh-extras"
CODES = ("ar", "de", "en", "et", "fi", "hi", "ht", "sw", "tok", "ur", "xx")


@pytest.fixture
def known(monkeypatch):
    """The built-in languages, and the one of the fixture plugin."""
    monkeypatch.syspath_prepend(EXTRAS)
    import xh_extras

    return register(
        monkeypatch,
        Plugin("xh", "builtin", xh_languages=builtin.xh_languages),
        Plugin("xh-extras", xh_languages=xh_extras.xh_languages, xh_tasks=xh_extras.xh_tasks),
    )


def test_the_languages_of_all_built_in_tasks_are_known_with_what_groups_need():
    there = {lang for _, dist, task in installed().select() if dist == "xh" for lang in task.languages}
    specs = builtin.xh_languages()
    assert len(specs) == 50 and there - {spec.name for spec in specs} == {"cs", "ha"}  # of Multi30k, MultiCheckList
    for spec in specs:
        assert spec.title and spec.family and spec.joshi in range(1, 6), spec.name
        assert re.fullmatch("[a-z]{3}", spec.iso639_3) and re.fullmatch("[A-Z][a-z]{3}", spec.script), spec.name
        assert all(0 <= distance <= 1 for distance in spec.distances.values()) and "featural" in spec.distances
        assert (spec.cc100_tokens is None) == (spec.cc100_gib is None) == (spec.name in ("ht", "qu", "wo", "yo"))


def test_facts_are_those_of_their_sources(known):
    """XLM-R's Table 6, Joshi's classes, mT5's Table 5, lang2vec."""
    urdu, ukrainian, hebrew = (language(code, known) for code in ("ur", "uk", "he"))
    assert (urdu.cc100_tokens, urdu.cc100_gib, urdu.joshi, urdu.script) == (730, 5.7, 3, "Arab")
    assert (ukrainian.cc100_tokens, ukrainian.mc4_tokens) == (6960, 41)
    assert (hebrew.mc4_tokens, hebrew.wikipedia_articles, hebrew.distances["syntax"]) == (17, 278, 0.25)
    assert set(language("en", known).distances.values()) == {0}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("low",), ("ht", "sw")),
        (("mid",), ("et", "ur")),
        (("high",), ("ar", "de", "en", "fi", "hi")),
        (("class:3",), ("et", "ur")),
        (("script:Arab",), ("ar", "ur")),
        (("SCRIPT:arab",), ("ar", "ur")),
        (("family:uralic",), ("et", "fi")),
        (("family:Indo-Aryan",), ("hi", "ur")),
        (("family:Indo-European",), ("de", "en", "hi", "ur")),
        (("low", "de", "xx"), ("de", "ht", "sw", "xx")),
        (("script:Latn",), ("de", "en", "et", "fi", "ht", "sw", "tok")),
        (("seen",), ("de", "xx")),
        (("unseen",), ("ar", "en", "et", "fi", "hi", "ht", "sw", "tok", "ur")),
        (("seen", "low"), ("de", "ht", "sw", "xx")),
        (("script:Thai",), ()),
    ],
)
def test_the_members_of_a_group(known, words, found):
    assert members(words, CODES, known, seen=("de", "xx")) == found


def test_a_code_comes_before_a_group_of_that_name(known):
    assert members(("mid",), ("et", "mid"), known) == ("mid",)


@pytest.mark.parametrize(
    ("code", "group", "answer"),
    [
        ("sw", "low", True),
        ("de", "low", False),
        ("tok", "script:Latn", True),
        ("tok", "low", None),
        ("tok", "family:Uralic", None),
        ("xx", "script:Latn", None),
    ],
)
def test_what_is_not_known_is_neither_in_a_group_nor_outside(known, code, group, answer):
    assert belongs(code, group, known) is answer


def test_groups_are_those_that_some_language_is_in(known):
    found = groups(known)
    assert found[:3] == ["low", "mid", "high"]
    assert {"class:1", "script:Hans", "family:Uralic", "family:Indo-Aryan"} <= {*found}
    assert not {"class:0", "family:", "script:", "seen"} & {*found}
    assert is_group("family:uralic", known) and is_group("unseen", known) and not is_group("de", known)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("german", "Did you mean 'de' (German)?"),
        ("toki pona", "Did you mean 'tok' (Toki Pona)?"),
        ("DE", "Did you mean 'de' (German)?"),
        ("lwo", "Did you mean 'low'?"),
        ("unsen", "Did you mean 'unseen' or 'seen'?"),
        ("famly:Uralic", "Did you mean 'family:Uralic'"),
        ("script:Thay", "Did you mean 'script:Thai'"),
    ],
)
def test_a_word_that_is_none_gets_the_nearest(known, word, why):
    with pytest.raises(UsageError) as caught:
        check_words(("de", "low", word), CODES, known)
    assert caught.value.what == f"There is no language {word!r}."
    assert caught.value.why.startswith(why)
    assert caught.value.todo.endswith("; groups: low, mid, high, seen, unseen, class:N, script:CODE, family:NAME.")


def test_a_name_of_another_language_means_nothing(known):
    assert meant("Swahili", ("de", "en"), known) == ""


def test_what_several_plugins_say_of_a_language_is_said_and_none_counts(monkeypatch):
    def of(*codes):
        return lambda: [LanguageSpec(name=code, title="Toki Pona", joshi=0) for code in codes]

    registry = register(
        monkeypatch,
        Plugin("xh", "builtin", xh_languages=builtin.xh_languages),
        Plugin("xh-one", xh_languages=of("tok", "de")),
        Plugin("xh-two", xh_languages=of("tok")),
    )
    assert registry.warnings == [
        "language 'de' comes from xh and xh-one: the built-in record counts",
        "language 'tok' comes from xh-one and xh-two: no record counts",
    ]
    assert language("tok", registry) is None and language("de", registry).joshi == 5
    assert belongs("tok", "low", registry) is None


def test_a_class_that_is_none_costs_the_plugin(monkeypatch):
    registry = register(monkeypatch, Plugin("xh-bad", xh_languages=lambda: [LanguageSpec(name="tok", joshi=7)]))
    (line,) = registry.warnings
    assert "xh_languages: ValueError: language 'tok': joshi can't be '7'. Known: '0', '1'" in line


def test_a_language_without_a_record_works(known):
    assert known.task("reviews").languages == ("en", "de", "tok")
    assert [name for name, _, _ in known.select(lang="tok")] == ["reviews"]
