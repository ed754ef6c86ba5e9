"""SQuAD v1.1 scores against the official script's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics.answers import best
from xh.metrics.squad import evaluate, exact_match, f1, normalize

FILES = ["qa_squad_v1.json", "qa_xquad.json", "qa_tydiqa.json"]


def _sets(name):
    return [(lang, one["items"], one["evaluate"]) for lang, one in read_golden(name)["sets"].items()]


@pytest.mark.parametrize("name", FILES)
def test_items(name):
    for _, items, _ in _sets(name):
        for item in (item for item in items if item["pred"] is not None):
            assert normalize(item["pred"]) == item["norm_pred"], item["id"]
            assert [normalize(gold) for gold in item["golds"]] == item["norm_golds"], item["id"]
            assert best(exact_match, item["pred"], item["golds"]) == item["em"], item["id"]
            assert best(f1, item["pred"], item["golds"]) == pytest.approx(item["f1"], rel=1e-9), item["id"]


@pytest.mark.parametrize("name", FILES)
def test_sets_and_averages(name):
    scores = {lang: (_evaluate(items), official) for lang, items, official in _sets(name)}
    for lang, (score, official) in scores.items():
        assert score.exact_match == pytest.approx(official["exact_match"], rel=1e-9), lang
        assert score.f1 == pytest.approx(official["f1"], rel=1e-9), lang
    average = read_golden(name).get("avg_over_these_languages")
    if average:
        means = [sum(score[column] for score, _ in scores.values()) / len(scores) for column in (0, 1)]
        assert means == pytest.approx([average["exact_match"], average["f1"]], rel=1e-9)
        assert sum(means) / 2 == pytest.approx(average["metric"], rel=1e-9)


def _evaluate(items):
    predictions = {item["id"]: item["pred"] for item in items if item["pred"] is not None}
    score = evaluate(predictions, {item["id"]: item["golds"] for item in items})
    assert score.missing == len(items) - len(predictions)
    return score


def test_missing_predictions_count_as_wrong():
    assert evaluate({"a": "x", "elsewhere": "y"}, {"a": ["x"], "b": ["x"]}) == (50.0, 50.0, 1)


def test_both_empty_is_an_exact_match_with_f1_of_zero():
    assert (exact_match("the", "a"), f1("the", "a")) == (1.0, 0.0)


def test_nothing_to_compare_with():
    with pytest.raises(ValueError, match="no gold answer"):
        evaluate({"a": "x"}, {"a": []})
    with pytest.raises(ValueError, match="no questions"):
        evaluate({"a": "x"}, {})
