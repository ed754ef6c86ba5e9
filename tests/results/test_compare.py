"""Two arms compared: planted examples, families, and what is not like with like."""

from math import comb

import numpy as np
import pytest

from helpers.shelf import make_task
from xh.results.compare import compare
from xh.results.filters import Filter
from xh.spec import AppliedMethod, UsageError

BEFORE = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
AFTER = [1, 1, 0, 1, 1, 1, 1, 1, 1, 0]
"""Example 2 is lost; 4, 5, 6, 7 and 8 are gained; 0, 1 and 3 stay right and 9 wrong."""


def answers(right, lang="de", metric="accuracy"):
    return {f"{lang}/{metric}": np.array([[each, 1] for each in right], float)}


def put_arms(shelf, name="t", kind="classify", seeds=(1,), langs=("de",), **after):
    """Put arms into the store: by the intermediate task's name what of each example is right.

    Of several seeds a list for each; ``options`` are those of the evaluations.
    """
    target = make_task(name, kind)
    for inter, values in after.items():
        for seed, right in zip(seeds, values if isinstance(values[0], list) else [values], strict=True):
            earlier = None if inter == "none" else shelf.train("intermediate", make_task(inter), inter=inter, seed=seed)
            parent = shelf.train("target", target, inter=inter, seed=seed, parent=earlier)
            counts = {key: each for lang in langs for key, each in answers(right, lang).items()}
            scores = dict.fromkeys(langs, 100 * sum(right) / len(right))
            shelf.evaluate(target, scores, inter=inter, parent=parent, example_counts=counts, n=len(right))
    return shelf.store


def test_what_was_planted_is_found(shelf):
    found = compare(put_arms(shelf, none=BEFORE, squad=AFTER), "none", "squad", count=2)
    (one,) = found.comparisons
    assert (one.target, one.lang, one.metric, one.n, one.seeds) == ("t", "de", "accuracy", 10, (1,))
    assert (one.a, one.b, one.delta) == (40.0, 80.0, 40.0)
    assert (one.gained, one.lost, one.both_right, one.both_wrong) == (5, 1, 3, 1)
    assert (one.test, one.p) == ("mcnemar", pytest.approx(2 * (comb(6, 0) + comb(6, 1)) / 2**6))
    assert one.p_holm == one.p
    assert [(each.example, each.a, each.b) for each in found.changes] == [(2, 100, 0), (4, 0, 100), (5, 0, 100)]
    low, high = one.ci95_examples
    assert 0 <= low < 40 < high <= 80
    assert found.family == "1 comparison: t accuracy (de)"


def test_the_other_way_round_gained_is_lost(shelf):
    store = put_arms(shelf, none=BEFORE, squad=AFTER)
    one, other = compare(store, "none", "squad").comparisons[0], compare(store, "squad", "none").comparisons[0]
    assert (other.gained, other.lost, other.delta, other.p) == (one.lost, one.gained, -one.delta, one.p)
    assert other.ci95_examples == tuple(-each for each in reversed(one.ci95_examples))


def test_several_languages_have_an_average_and_all_are_one_family(shelf):
    found = compare(put_arms(shelf, langs=("de", "fr"), none=BEFORE, squad=AFTER), "none", "squad")
    de, fr, average = found.comparisons
    assert (de.lang, fr.lang, average.lang, average.test) == ("de", "fr", None, "bootstrap")
    assert (average.delta, average.n, average.gained) == (40.0, 20, 10)
    assert de.p_holm == min(1, max(2 * de.p, 3 * average.p)) or de.p_holm == pytest.approx(3 * de.p)
    assert found.family == "3 comparisons: t accuracy (de, fr, average)"


def test_only_some_languages_and_seeds(shelf):
    store = put_arms(shelf, langs=("de", "fr"), seeds=(1, 2), none=[BEFORE, AFTER], squad=[AFTER, AFTER])
    (one,) = compare(store, "none", "squad", Filter(langs=("fr",), seed=(2,))).comparisons
    assert (one.lang, one.seeds, one.delta) == ("fr", (2,), 0.0)


def test_seeds_are_no_more_examples(shelf):
    """Each example counts with its mean over seeds; the same seed twice is no more evidence than once."""
    once = compare(put_arms(shelf, name="once", none=BEFORE, squad=AFTER), "none", "squad").comparisons[0]
    found = compare(
        put_arms(shelf, seeds=(1, 2), none=[BEFORE] * 2, squad=[AFTER] * 2), "none", "squad", Filter(target=("t",))
    )
    (twice,) = found.comparisons
    assert (twice.seeds, twice.n, twice.gained, twice.lost) == ((1, 2), 10, 5, 1)
    assert twice.test == "randomisation" and twice.p == pytest.approx(once.p, abs=0.02)
    assert twice.ci95_examples == once.ci95_examples


def test_a_change_with_one_of_two_seeds_is_half_a_change(shelf):
    store = put_arms(shelf, seeds=(1, 2), none=[BEFORE, BEFORE], squad=[AFTER, BEFORE])
    found = compare(store, "none", "squad", count=1)
    assert [(each.example, each.a, each.b, len(each.stages)) for each in found.changes] == [
        (2, 100, 50, 2),
        (4, 0, 50, 2),
    ]


def test_shares_of_sums_have_a_randomisation_test(shelf):
    """As F1 over pairs: an example that is out of nothing on both sides is right, one that finds too much is lost."""
    target = make_task("pairs", "bitext")
    before, after = [[0, 0], [0, 0], [0, 1], [2, 2]], [[0, 0], [0, 1], [2, 2], [2, 2]]
    for inter, counts in (("none", before), ("squad", after)):
        parent = None if inter == "none" else shelf.train("intermediate", make_task(inter), inter=inter)
        pairs = {"de/f1": np.array(counts, float)}
        shelf.evaluate(target, {"de": 50.0}, inter=inter, parent=parent, example_counts=pairs)
    (one,) = compare(shelf.store, "none", "squad").comparisons
    assert (one.gained, one.lost, one.both_right, one.both_wrong) == (1, 1, 2, 0)
    assert one.test == "randomisation" and one.p > 0.4


def test_without_counts_there_are_scores_alone(shelf):
    for inter, value in (("none", 50.0), ("squad", 60.0)):
        parent = None if inter == "none" else shelf.train("intermediate", make_task(inter), inter=inter)
        shelf.evaluate(make_task("pairs", "bitext"), {"de": value}, inter=inter, parent=parent)
    found = compare(shelf.store, "none", "squad", count=5)
    (one,) = found.comparisons
    assert (one.delta, one.n, one.gained, one.p, one.p_holm, one.test) == (10.0, 100, None, None, None, None)
    assert (found.changes, found.family) == ((), "0 comparisons")


def test_an_arm_is_named_by_column_axis_or_stage(shelf):
    store = put_arms(shelf, none=BEFORE, squad=AFTER)
    (one,) = compare(store, "none", "squad").comparisons
    ((before, after),) = one.stages
    for words in (
        ("inter=none", "inter=squad"),
        (before, after[:-3]),
        ("none,model=mini", "squad,seed=1"),
        (before, "squad"),
    ):
        assert compare(store, *words).comparisons == (one,)


def test_arms_may_differ_in_their_encoder(shelf):
    for encoder in ("mini", "large"):
        name = {"encoder": encoder, "label": {"encoder": encoder}}
        shelf.evaluate(make_task("pairs", "bitext"), {"de": 50.0}, **name)
        parent = shelf.train("intermediate", make_task("squad"), inter="squad", **name)
        shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0}, inter="squad", parent=parent, **name)
    found = compare(shelf.store, "model=mini,inter=squad", "model=large,inter=squad")
    assert [each.delta for each in found.comparisons] == [0.0]
    assert "encoder large, mini" in found.context or "encoder mini, large" in found.context
    with pytest.raises(UsageError, match="Several comparisons are possible") as error:
        compare(shelf.store, "none", "squad")
    assert {"model=mini", "model=large"} <= {*error.value.why.splitlines()}
    assert compare(shelf.store, "none", "squad", Filter(model=("mini",))).comparisons[0].delta == 10.0
    assert compare(shelf.store, "none,model=mini,seed=1", "squad,model=large").comparisons[0].delta == 10.0


def test_what_differs_in_something_that_no_arm_names_is_not_like(shelf):
    shelf.evaluate(make_task("pairs", "bitext"), {"de": 50.0})
    name = {"label": {"profile": "long"}}
    parent = shelf.train("intermediate", make_task("squad"), inter="squad", **name)
    shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0}, inter="squad", parent=parent, **name)
    with pytest.raises(UsageError, match="nothing to compare") as error:
        compare(shelf.store, "none", "squad")
    assert error.value.why.splitlines() == [
        "They differ in profile, too.", "There are:", "none,profile=mini", "squad,profile=long"
    ]  # fmt: skip
    assert compare(shelf.store, "none", "squad,profile=long").comparisons[0].delta == 10.0


def test_methods_are_columns_too(shelf):
    for method in ("none", "salt"):
        methods = () if method == "none" else (AppliedMethod(name=f"xh-a:{method}"),)
        label = {"method": method}
        parent = shelf.train("intermediate", make_task("squad"), inter="squad", methods=methods, label=label)
        values = {"de": 50.0 if method == "none" else 60.0}
        shelf.evaluate(make_task("pairs", "bitext"), values, inter="squad", parent=parent, label=label)
    for word in ("squad · salt", "squad:salt", "inter=squad,method=salt"):
        assert compare(shelf.store, "squad", word).comparisons[0].delta == 10.0


def test_a_word_that_names_no_arm_lists_them(shelf):
    store = put_arms(shelf, none=BEFORE, squad=AFTER)
    for word in ("mnli", "evaluate-x", "inter=mnli"):
        with pytest.raises(UsageError, match="names no arm") as error:
            compare(store, "none", word)
        assert error.value.why.splitlines() == ["There are:", "none", "squad"] and error.value.todo
    with pytest.raises(UsageError, match="There is no axis 'size'"):
        compare(store, "none", "size=3")


def test_an_arm_is_not_compared_with_itself(shelf):
    with pytest.raises(UsageError, match="nothing to compare"):
        compare(put_arms(shelf, none=BEFORE, squad=AFTER), "squad", "squad")


def test_other_settings_have_to_be_named(shelf):
    target = make_task("pairs", "bitext")
    shelf.evaluate(target, {"de": 50.0})
    for epochs in (2.0, 3.0):
        parent = shelf.train("intermediate", make_task("squad"), inter="squad", recipe={"epochs": epochs})
        shelf.evaluate(target, {"de": 50.0 + epochs}, inter="squad", parent=parent)
    with pytest.raises(UsageError, match="more than once") as error:
        compare(shelf.store, "none", "squad")
    assert error.value.why.splitlines()[1:] == [
        "none", "squad,squad.epochs=2.0", "squad,squad.epochs=3.0"
    ]  # fmt: skip
    assert compare(shelf.store, "none", "squad,squad.epochs=3.0").comparisons[0].delta == 3.0


@pytest.mark.parametrize(
    ("other", "said"), [({"data": {"t/test/de": "rev-new"}}, "test rev-new"), ({"limit_eval": 10}, "limit_eval 10")]
)
def test_other_data_are_refused(shelf, other, said):
    before = shelf.evaluate(make_task("t", "bitext"), {"de": 50.0})
    parent = shelf.train("intermediate", make_task("squad"), inter="squad")
    after = shelf.evaluate(make_task("t", "bitext"), {"de": 60.0}, inter="squad", parent=parent, **other)
    with pytest.raises(UsageError, match=r"like with like|not evaluated on the same data"):
        compare(shelf.store, "none", "squad")
    with pytest.raises(UsageError, match="t de: the two arms are not evaluated on the same data") as error:
        compare(shelf.store, before, after)
    assert "test rev-de" in error.value.why and said in error.value.why


def test_arms_on_an_axis_share_the_baseline(shelf):
    """Rows of the intermediate task mean nothing to it."""
    target = make_task("pairs", "bitext")
    shelf.evaluate(target, {"de": 50.0})
    for limit in (100, 400):
        parent = shelf.train("intermediate", make_task("squad"), inter="squad", limit_train=limit)
        shelf.evaluate(target, {"de": 50.0 + limit / 100}, inter="squad", parent=parent)
    assert compare(shelf.store, "none", "squad,limit-intermediate=400").comparisons[0].delta == 4.0
    assert (
        compare(shelf.store, "limit-intermediate=100,inter=squad", "squad,limit-intermediate=400").comparisons[0].delta
        == 3.0
    )


def test_languages_of_one_arm_alone_are_left_out_and_named(shelf):
    target = make_task("t", "bitext")
    shelf.evaluate(target, {"de": 50.0, "fr": 50.0})
    parent = shelf.train("intermediate", make_task("squad"), inter="squad")
    shelf.evaluate(target, {"de": 60.0}, inter="squad", parent=parent)
    found = compare(shelf.store, "none", "squad")
    assert [each.lang for each in found.comparisons] == ["de"]
    assert found.notes == ("t: only one arm has fr.",)
    with pytest.raises(UsageError, match="no language in common"):
        other = shelf.train("intermediate", make_task("mnli"), inter="mnli")
        shelf.evaluate(target, {"fr": 60.0}, inter="mnli", parent=other)
        compare(shelf.store, "squad", "mnli")
