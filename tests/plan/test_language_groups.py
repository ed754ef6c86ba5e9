"""Groups of languages in ``--langs``: the languages that a plan tests."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import registry_of
from xh.plan import Request
from xh.plan.resolution import resolve
from xh.spec import UsageError

MANY = ("en", "de", "sw", "ur", "xx")


def languages_tested(monkeypatch, langs, inter="", target="xqa", **options):
    """The languages of each target of ``--langs``, ``--inter`` and ``--target``."""
    qa, xqa = made_tasks.qa, made_tasks.xqa
    translated = {lang: made_tasks.data(f"qa-{lang}", "train") for lang in ("sw", "ur")}
    own = {"data": made_tasks.data("own", "train", "dev", "test"), "train_from": None}
    tasks = (
        qa(translated=translated),
        qa("text", kind="mlm", languages=("de", "xx"), recipe={}),
        xqa(languages=MANY, translated=translated),
        xqa("own", languages=("de", "sw"), **own),
        made_tasks.pairs(languages=MANY),
    )
    named = {"inter": tuple(inter.split()), "target": tuple(target.split())}
    request = Request(**named, langs=langs, model="mini", **options)
    return [each.langs for each in resolve(request, registry_of(monkeypatch, *tasks)).targets]


@pytest.mark.parametrize(
    ("langs", "found"),
    [
        (("low",), ("sw",)),
        (("low", "de"), ("de", "sw")),
        (("script:arab",), ("ur",)),
        (("family:Indo-European",), ("en", "de", "ur")),
        (("xx",), ("xx",)),
        ((), MANY),
    ],
)
def test_a_group_is_the_targets_languages_in_it(monkeypatch, langs, found):
    assert languages_tested(monkeypatch, langs) == [found]


@pytest.mark.parametrize(
    ("inter", "seen"),
    [
        ("", ("en",)),
        ("qa", ("en",)),
        ("qa@sw,ur", ("en", "sw", "ur")),
        ("qa@sw qa@ur", ("en", "sw", "ur")),
        ("qa+qa@ur", ("en", "ur")),
        ("text", ("en", "de", "xx")),
    ],
)
def test_languages_are_seen_that_any_training_before_the_tests_reads(monkeypatch, inter, seen):
    assert languages_tested(monkeypatch, ("seen",), inter) == [seen]
    assert languages_tested(monkeypatch, ("unseen",), inter) == [tuple(lang for lang in MANY if lang not in seen)]


def test_a_target_that_is_not_trained_has_seen_nothing_itself(monkeypatch):
    assert languages_tested(monkeypatch, ("unseen",), target="pairs") == [MANY]
    assert languages_tested(monkeypatch, ("seen",), "qa@sw", target="pairs") == [("sw",)]


def test_a_target_has_seen_the_language_that_it_is_trained_in(monkeypatch):
    assert languages_tested(monkeypatch, ("seen",), train_lang="sw") == [("sw",)]
    assert languages_tested(monkeypatch, ("seen",), target="own") == [("de",)]


def test_a_target_must_have_some_language_of_the_group(monkeypatch):
    with pytest.raises(UsageError, match="Target 'own' has none of the languages script:Arab") as caught:
        languages_tested(monkeypatch, ("script:Arab",), target="own")
    assert caught.value.todo == "Languages: de, sw."


@pytest.mark.parametrize(("word", "near"), [("script:Latin", "script:Latn"), ("hihg", "high")])
def test_a_group_that_is_none_gets_the_nearest(monkeypatch, word, near):
    with pytest.raises(UsageError, match=f"There is no language '{word}'") as caught:
        languages_tested(monkeypatch, ("low", word))
    assert f"'{near}'" in caught.value.why
