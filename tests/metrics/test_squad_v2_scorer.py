"""SQuAD v2 scores against the official function's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics import squad
from xh.metrics.answers import best
from xh.metrics.squad_v2 import evaluate, f1

SETS = [f"{lang}-{number}" for lang in ("en", "es", "zh") for number in (0, 1)]


@pytest.fixture(params=SETS)
def one(request):
    assert set(read_golden("qa_squad_v2.json")["sets"]) == set(SETS)
    return read_golden("qa_squad_v2.json")["sets"][request.param]


def test_items(one):
    for item in one["items"]:
        golds = [gold for gold in item["golds"] if squad.normalize(gold)] or [""]
        assert best(squad.exact_match, item["pred"], golds) == item["em"], item["id"]
        assert best(f1, item["pred"], golds) == pytest.approx(item["f1"], rel=1e-9), item["id"]


@pytest.mark.parametrize(
    ("result", "options"),
    [
        ("evaluate_default_args", {}),
        ("evaluate_na_probs_thresh_1.0", {"threshold": 1.0}),
        ("evaluate_na_probs_thresh_0.6", {"threshold": 0.6}),
    ],
)
def test_sets(one, result, options):
    items = one["items"]
    probabilities = {item["id"]: item["na_prob"] for item in items} if options else None
    predictions, golds = ({item["id"]: item[name] for item in items} for name in ("pred", "golds"))
    found = evaluate(predictions, golds, probabilities, **options)
    assert found == pytest.approx(one[result], rel=1e-9)
    assert list(found) == list(one[result])


def test_parts_without_questions_are_left_out():
    assert not [name for name in evaluate({"a": "x"}, {"a": ["x"]}) if name.startswith("NoAns")]


def test_what_can_not_be_scored():
    with pytest.raises(ValueError, match="no questions"):
        evaluate({}, {})
    with pytest.raises(ValueError, match="1 of 2 questions have no prediction, the first is 'b'"):
        evaluate({"a": ""}, {"a": [], "b": []})
    with pytest.raises(ValueError, match="no probability"):
        evaluate({"a": ""}, {"a": []}, {})
