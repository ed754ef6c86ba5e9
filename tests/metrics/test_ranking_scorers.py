"""Mewsli-X and LAReQA against the official code's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics.lareqa import average_precision, mean_average_precision, ranking
from xh.metrics.mewslix import mean_reciprocal_rank
from xh_tasks.mewslix import mark_mention


@pytest.fixture
def vectors():
    return read_golden("xtreme_r_metrics.json")


def test_reciprocal_ranks(vectors):
    for one in vectors["mewslix"]:
        golds = {key: gold for key, (gold,) in one["gold"].items()}
        for k in (20, 5):
            found = mean_reciprocal_rank(one["predictions"], golds, k)
            assert found.reciprocal_rank == pytest.approx(100 * one[f"evaluate_k{k}"], rel=1e-9)
            assert list(found[1:]) == one["counts_missing_unexpected"]
        default = mean_reciprocal_rank(one["predictions"], golds).reciprocal_rank
        assert default == pytest.approx(one["evaluate_one_task"]["map@20"], rel=1e-9)


def test_mentions(vectors):
    for case in vectors["mention_text"]:
        spans = [tuple(span) for span in case["sentence_spans"]]
        assert mark_mention(case["text"], case["start"], case["end"], spans) == case["preprocess_mention"]


def test_average_precisions(vectors):
    for case in vectors["lareqa_ap_at_k"]:
        assert average_precision(case["targets"], case["ranked"], case["k"]) == pytest.approx(case["ap"], rel=1e-9)


def test_mean_average_precision(vectors):
    one = vectors["lareqa_map_at_20"]
    names = [name for name, _ in one["candidates"]]
    rankings = [
        (one["relevant"][group], [names[i] for i in ranking([_dot(vector, other) for _, other in one["candidates"]])])
        for _, group, vector in one["questions"]
    ]
    official = float(one["printed_mAP_at_20"].rpartition(" ")[2])
    assert mean_average_precision(rankings) == pytest.approx(100 * official, rel=1e-9)


def _dot(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_of_equal_scores_the_later_comes_first():
    assert ranking([0.5, 1.0, 0.5, 0.0]) == [1, 2, 0, 3]


def test_what_can_not_be_scored():
    with pytest.raises(ValueError, match="something relevant"):
        average_precision([], ["a"])
    with pytest.raises(ValueError, match="no questions"):
        mean_average_precision([])
    with pytest.raises(ValueError, match="no mentions"):
        mean_reciprocal_rank({}, {})
    with pytest.raises(ValueError, match="none of 1 sentences"):
        mark_mention("One. Two.", 5, 8, [(0, 4)])
