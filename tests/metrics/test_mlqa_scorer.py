"""MLQA scores against the official script's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics.answers import best
from xh.metrics.mlqa import LANGUAGES, evaluate, exact_match, f1, normalize


@pytest.fixture
def sets():
    return read_golden("qa_mlqa.json")["sets"]


def test_all_languages_are_held(sets):
    assert set(sets) == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_items(sets, lang):
    for item in (item for item in sets[lang]["items"] if item["pred"] is not None):
        assert normalize(item["pred"], lang) == item["norm_pred"], item["id"]
        assert [normalize(gold, lang) for gold in item["golds"]] == item["norm_golds"], item["id"]
        assert best(lambda *texts: exact_match(*texts, lang), item["pred"], item["golds"]) == item["em"], item["id"]
        found = best(lambda *texts: f1(*texts, lang), item["pred"], item["golds"])
        assert found == pytest.approx(item["f1"], rel=1e-9), item["id"]


def test_sets_and_averages(sets):
    scores = {lang: _evaluate(one["items"], lang) for lang, one in sets.items()}
    for lang, score in scores.items():
        official = sets[lang]["evaluate"]
        assert score[:2] == pytest.approx((official["exact_match"], official["f1"]), rel=1e-9), lang
    average = read_golden("qa_mlqa.json")["avg_over_these_languages"]
    means = [sum(score[column] for score in scores.values()) / len(scores) for column in (0, 1)]
    assert means == pytest.approx([average["exact_match"], average["f1"]], rel=1e-9)
    assert sum(means) / 2 == pytest.approx(average["metric"], rel=1e-9)


def _evaluate(items, lang):
    predictions = {item["id"]: item["pred"] for item in items if item["pred"] is not None}
    score = evaluate(predictions, {item["id"]: item["golds"] for item in items}, lang)
    assert score.missing == len(items) - len(predictions)
    return score


def test_other_languages_are_refused():
    with pytest.raises(ValueError, match="no language 'fr'"):
        normalize("x", "fr")
