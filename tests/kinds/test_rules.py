"""Rules of scoring that a span task's metric names: by language, and with questions that have no answer."""

import numpy as np
import pytest

from xh.kinds.scores import scores
from xh.kinds.span import Span
from xh.spec import Files, MissingError, SpanTraining, TaskSpec
from xh.spec.examples import Examples

KIND = Span()
SMALL = SpanTraining(max_length=64, stride=16, max_query=24)
CONTEXT = "Anna lives in Rome. " * 20


def task(metric):
    data = Files(("{split}.jsonl",), {"train": "train"})
    return TaskSpec(name="qa", kind="span", roles=("intermediate",), languages=("en",), metric=metric, data=data)


def questions(*answers, lang="en"):
    """Questions on one context with these answers; None for none."""
    return Examples(
        {
            "id": [str(number) for number in range(len(answers))],
            "context": [CONTEXT] * len(answers),
            "question": ["Where?"] * len(answers),
            "answers": [
                {"text": [text], "answer_start": [CONTEXT.find(text)]} if text else {"text": [], "answer_start": []}
                for text in answers
            ],
        },
        "qa dev",
        lang,
    )


@pytest.mark.parametrize(("lang", "value"), [("de", 100), ("en", 0), ("es", 0), ("de-en", 100), ("en-de", 0)])
def test_mlqas_rules_know_the_articles_of_each_language(lang, value):
    rows = questions("Rom", lang=lang)
    assert KIND.score({"0": "das Rom"}, rows, task("mlqa.f1"))["exact_match"] == value
    assert KIND.score({"0": "das Rom"}, rows, task("f1"))["exact_match"] == 0


def test_mlqas_rules_split_chinese_into_characters():
    rows = questions("罗马", lang="zh")
    assert KIND.score({"0": "罗"}, rows, task("mlqa.f1"))["f1"] == pytest.approx(100 * 2 / 3)
    assert KIND.score({"0": "罗"}, rows, task("f1"))["f1"] == 0


@pytest.mark.parametrize("metric", ["f1", "exact_match", "mlqa.f1", "squad_v2.f1"])
def test_the_metric_after_the_dot_counts_and_both_are_reported(metric):
    found = scores(KIND, {"0": "Rome"}, questions("Rome"), task(metric))
    assert next(iter(found)) == metric.rpartition(".")[2]
    assert found == {"f1": 100, "exact_match": 100}


def test_only_where_the_rules_say_so_a_question_may_have_no_answer():
    columns = questions("Rome", None).columns
    assert KIND.check(columns, task("squad_v2.f1"), "qa dev en")["id"] == ["0", "1"]
    for metric in ("f1", "mlqa.f1"):
        with pytest.raises(MissingError, match="row 1: question '1' has no answer"):
            KIND.check(columns, task(metric), "qa dev en")


def test_without_an_answer_every_window_points_at_the_first_token(mini):
    features = KIND.features(questions(None), mini, SMALL, train=True)
    assert len(features) > 1
    assert {(feature["start_positions"], feature["end_positions"]) for feature in features} == {(0, 0)}


@pytest.mark.parametrize(("first", "answer"), [(4.0, "Rome."), (6.0, "")])
def test_no_answer_wins_where_the_first_token_of_every_window_beats_the_best_span(mini, first, answer):
    rows = questions("Rome.")
    features = KIND.features(rows, mini, SMALL, train=True)
    outputs = []
    for number, (feature, length) in enumerate(zip(features, features.lengths, strict=True)):
        start, end = np.zeros((2, length))
        start[0] = end[0] = first / 2 + number  # the lowest sum of all windows counts
        if number == 0:
            start[feature["start_positions"]], end[feature["end_positions"]] = 2.5, 2.5
        outputs.append((start, end))
    assert KIND.decode(outputs, features, rows, SMALL, task("squad_v2.f1")) == {"0": answer}
    assert KIND.decode(outputs, features, rows, SMALL, task("f1")) == {"0": "Rome."}


def test_saying_nothing_is_right_where_there_is_no_answer():
    rows = questions("Rome", None)
    assert KIND.score({"0": "Rome", "1": ""}, rows, task("squad_v2.f1")) == {"f1": 100, "exact_match": 100}
    assert KIND.score({"0": "", "1": "Rome"}, rows, task("squad_v2.f1")) == {"f1": 0, "exact_match": 0}
