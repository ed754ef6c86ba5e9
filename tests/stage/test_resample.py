"""Metrics that are no sums over examples, on rows that are drawn again."""

from statistics import StatisticsError

import numpy as np
import pytest

from xh.kinds.classify import Classify
from xh.results.intervals import resampled
from xh.spec import Files, TaskSpec
from xh.spec.examples import Examples
from xh.stage.resample import drawn_scores
from xh.store.resampling import DRAWS, UNITS


def share_right(predictions, references):
    return 100 * sum(map(str.__eq__, predictions, references)) / len(references)


def undefined(predictions, references):
    raise StatisticsError("the same for all")


def one_sided(predictions, references):
    return float("nan")


def found(metric, n, known=("accuracy",)):
    task = TaskSpec(
        name="t",
        kind="classify",
        roles=("target",),
        languages=("en",),
        metric=f"{__name__}:{metric}",
        data=Files(("{split}.jsonl",), {"train": "train", "test": "test"}),
        labels=("x", "y"),
    )
    labels = np.random.default_rng(0).integers(2, size=n).tolist()
    examples, predictions = Examples({"text_a": ["a"] * n, "label": labels}, "t test en", "en"), ["x"] * n
    counts = np.array(Classify().example_counts(predictions, examples, task)["accuracy"], float)
    return dict(drawn_scores(Classify(), predictions, examples, task, {*known})), counts


@pytest.mark.parametrize("n", [1, 50, UNITS + 7])
def test_the_draws_are_those_of_metrics_that_are_sums(n):
    drawn, counts = found("share_right", n)
    assert drawn.keys() == {"share_right"}
    assert drawn["share_right"].shape == (DRAWS,)
    np.testing.assert_allclose(drawn["share_right"], resampled(counts), rtol=1e-5)


def test_what_is_known_by_example_is_not_drawn():
    assert found("share_right", 5, known=())[0].keys() == {"share_right", "accuracy"}


@pytest.mark.parametrize("metric", ["undefined", "one_sided"])
def test_a_metric_without_a_value_in_a_draw_has_no_interval(metric):
    assert found(metric, 5)[0] == {}
