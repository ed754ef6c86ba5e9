"""BUCC scores and thresholds against the official script's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics.bucc import best_threshold, bucc_f1, extract, id_scores, read_pairs, unique_ids


def _pairs(lines):
    return {tuple(line.split("\t")) for line in lines}


def _lines(pairs):
    return ["\t".join(pair) for pair in pairs]


def _scores(split):
    candidates = [(float(score), left, right) for score, left, right in split["candidates"]]
    return id_scores(candidates, unique_ids(map(tuple, split["src"])), unique_ids(map(tuple, split["trg"])))


def _check(scores, gold, result, extracted):
    threshold = best_threshold(scores, gold)
    assert threshold == pytest.approx(result["best-threshold"], rel=1e-9)
    assert _lines(extract(scores, threshold)) == extracted
    found = bucc_f1(set(extract(scores, threshold)), gold)
    assert found == pytest.approx((result["F1"], result["precision"], result["recall"]), rel=1e-9)


def test_threshold_search():
    crashes = 0
    for case in read_golden("bucc.json")["threshold_search"]:
        scores = {(left, right): score for left, right, score in case["candidates"]}
        threshold = best_threshold(scores, _pairs(case["gold"]))
        if "error" in case:  # not reproduced: the best cut is the last candidate, which the official code runs past
            assert threshold == min(scores.values()), case["what"]
            assert len(extract(scores, threshold)) == len(scores), case["what"]
            crashes += 1
        else:
            assert threshold == pytest.approx(case["threshold"], rel=1e-9), case["what"]
            assert _lines(extract(scores, threshold)) == case["extracted"], case["what"]
    assert crashes


def test_file_quirks():
    for case in read_golden("bucc.json")["file_quirks"]:
        _check(_scores(case), _pairs(case["gold"]), case["result"], case["extracted"])


def test_end_to_end():
    for case in read_golden("bucc.json")["end_to_end"]:
        dev, test = case["dev"], case["test"]
        dev_scores, scores = _scores(dev), _scores(test)
        _check(dev_scores, _pairs(dev["gold"]), dev["bucc_eval_optimised_on_this_split"], dev["extracted"])
        pairs = extract(scores, best_threshold(dev_scores, _pairs(dev["gold"])))
        assert _lines(pairs) == test["extracted_with_dev_threshold"]
        official = test["evaluate_one_task_bucc2018"]
        assert bucc_f1(set(pairs), _pairs(test["gold"]))._asdict() == pytest.approx(official, rel=1e-9)


def test_f1_of_files():
    for case in read_golden("bucc.json")["evaluate_bucc_f1"]:
        score = bucc_f1(read_pairs(case["predictions_file"]), read_pairs(case["labels_file"]))
        assert score._asdict() == pytest.approx(case["result"], rel=1e-9), case["what"]


def test_a_sentence_that_occurs_three_times_has_no_id():
    assert unique_ids([("1", "x"), ("2", " x"), ("3", "y"), ("4", "x\n")]) == {"y": "3"}


def test_no_candidates():
    assert best_threshold({}, {("a", "b")}) == 0
    assert bucc_f1(set(), set()) == (0, 0, 0)
