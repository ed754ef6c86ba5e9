"""Groups of languages in ``--langs``: the languages that a plan tests."""

import pytest

from xh.plan import Request
from xh.plan.resolution import resolve
from xh.spec import UsageError

MANY = ("en", "de", "sw", "ur", "xx")


@pytest.fixture
def tested(registry_of, made_tasks):
    """A function from ``--langs``, ``--inter`` and ``--target`` to the languages of each target."""
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

    def found(langs, inter="", target="xqa", **options):
        named = {"inter": tuple(inter.split()), "target": tuple(target.split())}
        request = Request(**named, langs=langs, model="mini", **options)
        return [each.langs for each in resolve(request, registry_of(*tasks)).targets]

    return found


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
def test_a_group_is_the_targets_languages_in_it(tested, langs, found):
    assert tested(langs) == [found]


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
def test_languages_are_seen_that_any_training_before_the_tests_reads(tested, inter, seen):
    assert tested(("seen",), inter) == [seen]
    assert tested(("unseen",), inter) == [tuple(lang for lang in MANY if lang not in seen)]


def test_a_target_that_is_not_trained_has_seen_nothing_itself(tested):
    assert tested(("unseen",), target="pairs") == [MANY]
    assert tested(("seen",), "qa@sw", target="pairs") == [("sw",)]


def test_a_target_has_seen_the_language_that_it_is_trained_in(tested):
    assert tested(("seen",), train_lang="sw") == [("sw",)]
    assert tested(("seen",), target="own") == [("de",)]


def test_a_target_must_have_some_language_of_the_group(tested):
    with pytest.raises(UsageError, match="Target 'own' has none of the languages script:Arab") as caught:
        tested(("script:Arab",), target="own")
    assert caught.value.todo == "Languages: de, sw."


@pytest.mark.parametrize(("word", "near"), [("script:Latin", "script:Latn"), ("hihg", "high")])
def test_a_group_that_is_none_gets_the_nearest(tested, word, near):
    with pytest.raises(UsageError, match=f"There is no language '{word}'") as caught:
        tested(("low", word))
    assert f"'{near}'" in caught.value.why
