"""Span F1 against the official script's answers with seqeval 0.0.12."""

import pytest

from helpers.golden import read_golden
from xh.metrics.tagging import read_sentences, span_f1, spans, token_accuracy

RESULT = "result_seqeval_0.0.12"


@pytest.fixture
def vectors():
    return read_golden("tagging.json")


@pytest.mark.parametrize("task", ["udpos", "panx"])
def test_languages(vectors, task):
    for lang, one in vectors[task].items():
        predictions, labels = ([line.split(" ") for line in one[name]] for name in ("predictions", "labels"))
        assert span_f1(predictions, labels)._asdict() == pytest.approx(one[RESULT], rel=1e-9), lang


def test_spans(vectors):
    for case in vectors["spans"]:
        assert [list(span) for span in spans(case["tags"])] == case["spans_seqeval_0.0.12"], case["tags"]


def test_pairs(vectors):
    for case in vectors["pairs"]:
        found = span_f1(case["predictions"], case["labels"])
        assert found._asdict() == pytest.approx(case[RESULT], rel=1e-9), case


def test_raw_files(vectors):
    refused = 0
    for case in vectors["raw_files"]:
        predictions, labels = (read_sentences(case[f"{name}_file"]) for name in ("predictions", "labels"))
        if "error" in case[RESULT]:
            assert case[RESULT]["error"] == "AssertionError"
            with pytest.raises(ValueError, match="as many sentences"):
                span_f1(predictions, labels)
            refused += 1
        else:
            assert span_f1(predictions, labels)._asdict() == pytest.approx(case[RESULT], rel=1e-9), case["what"]
    assert refused


def test_token_accuracy():
    assert token_accuracy([["NOUN", "VERB"], ["X"]], [["NOUN", "NOUN"], ["X"]]) == pytest.approx(200 / 3)
    assert span_f1([["NOUN", "VERB"], ["X"]], [["NOUN", "NOUN"], ["X"]]).f1 == pytest.approx(40)
    with pytest.raises(ValueError, match="per token"):
        token_accuracy([["X"], []], [[], ["X"]])
    with pytest.raises(ValueError, match="no tokens"):
        token_accuracy([[]], [[]])
