"""Contrasts: planted differences between groups of languages are found, with their size; none where there is none."""

import random
from statistics import fmean

import pytest

from xh.plugins import registry
from xh.results.arms import arms
from xh.results.contrast import contrasts, grid, groups
from xh.results.records import Row, Summary
from xh.results.resampled import bootstrapped, permuted
from xh.spec import UsageError
from xh.spec.cell import Coordinates

LOW, HIGH = ("sw", "qu", "te", "my", "jv", "yo"), ("en", "de", "fr", "es", "ja", "zh", "ar")


def summary(lang, delta, target="t", inter="i"):
    return Summary(
        inter=inter, target=target, lang=lang, metric="accuracy", main=True, seeds=(1,), mean=50.0 + delta,
        sd_seeds=None, baseline=50.0, baseline_sd_seeds=None, delta=delta, delta_sd_seeds=None, ci95_examples=None,
        n=100, chance=None, at_chance=None, stages=(f"{inter}-{target}",), at=Coordinates(model="m"),
    )  # fmt: skip


def planted(low, high, noise=1.0, seed=0):
    drawn = random.Random(seed)
    gains = {lang: low + drawn.gauss(0, noise) for lang in LOW} | {lang: high + drawn.gauss(0, noise) for lang in HIGH}
    return [summary(lang, gain) for lang, gain in gains.items()]


def found(summaries, *words, rows=()):
    return contrasts(summaries, rows, arms(summaries), groups(words), registry())


def test_five_points_more_in_languages_with_few_resources_are_found():
    (contrast,) = found(planted(5.0, 0.0), "low", "high")
    assert set(contrast.gains["low"]) == set(LOW)
    assert contrast.difference == pytest.approx(5.0, abs=1.0)
    assert contrast.ci95_languages[0] > 3.0
    assert contrast.p < 0.005


def test_where_nothing_differs_one_in_twenty_is_taken_for_a_difference():
    rejected = [found(planted(1.0, 1.0, seed=seed), "low", "high")[0].p < 0.05 for seed in range(100)]
    assert sum(rejected) <= 12


def test_several_targets_are_averaged_language_by_language():
    summaries = [summary("sw", 4.0), summary("te", 2.0), summary("de", 1.0), summary("fr", 1.0)]
    summaries += [summary("sw", 0.0, "u"), summary("de", 3.0, "u")]
    *single, whole = found(summaries, "low", "high")
    assert [each.target for each in single] == ["t", "u"]
    assert whole.gains == {"low": {"sw": 2.0, "te": 2.0}, "high": {"de": 2.0, "fr": 1.0}}
    assert whole.difference == 0.5


def test_languages_that_a_training_read_are_told_from_the_others():
    row = Row(
        inter="i", target="t", lang="de", seed=1, metric="accuracy", value=55.0, baseline=50.0, delta=5.0,
        ci95_examples=None, n=1, main=True, chance=None, at_chance=None, stage="i-t", comparable=True, why_not=None,
        protocol={"trained_in": ["en", "de"]},
    )  # fmt: skip
    (contrast,) = found([summary("de", 5.0), summary("sw", 1.0)], "seen", "unseen", rows=[row])
    assert contrast.gains == {"seen": {"de": 5.0}, "unseen": {"sw": 1.0}}


def test_targets_are_compared_with_the_rest():
    summaries = [summary("de", 1.0, "pawsx"), summary("de", 3.0), summary("fr", 4.0), summary("fr", 2.0, "pawsx")]
    (contrast,) = found(summaries, "target=pawsx", "rest")
    assert contrast.gains == {"pawsx": {"pawsx de": 1.0, "pawsx fr": 2.0}, "rest": {"t de": 3.0, "t fr": 4.0}}


def test_one_language_has_neither_interval_nor_p_and_says_so():
    contrasted = found([summary("sw", 4.0), summary("de", 1.0), summary("fr", 2.0)], "low", "high")
    assert (contrasted[0].ci95_languages, contrasted[0].p) == (None, None)
    (line,) = grid(contrasted, groups(["low", "high"])).lines
    assert [entry.text for entry in line.entries] == ["+4.0 (1)", "+1.5 (2)", "+2.5", "–", "–"]


def test_a_contrast_is_of_two_groups():
    with pytest.raises(UsageError, match="two groups"):
        groups(["low"])


def test_the_p_value_is_that_of_all_permutations():
    from itertools import combinations

    first, second = [5.0, 3.0, 4.0], [1.0, 2.5, 0.0, 2.0]
    pooled = first + second
    observed = abs(fmean(first) - fmean(second))
    chosen = [set(each) for each in combinations(range(7), 3)]
    sides = [([pooled[i] for i in each], [pooled[i] for i in range(7) if i not in each]) for each in chosen]
    exact = sum(abs(fmean(one) - fmean(other)) >= observed - 1e-9 for one, other in sides) / len(sides)
    assert permuted(first, second) == pytest.approx(exact, abs=0.01)


def test_the_interval_is_the_bootstraps():
    values = [float(value) for value in range(30)]
    low, high = bootstrapped([values], lambda drawn: drawn.mean(axis=1))
    error = (sum((value - 14.5) ** 2 for value in values) / 30 / 30) ** 0.5
    assert (low, high) == pytest.approx((14.5 - 1.96 * error, 14.5 + 1.96 * error), abs=0.2)
