"""What somebody scores who knows what is frequent and reads nothing."""

from statistics import StatisticsError

import pytest

from xh.kinds.base import Kind
from xh.kinds.bitext import Bitext
from xh.kinds.choice import Choice
from xh.kinds.classify import Classify
from xh.kinds.scores import majority_scores
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.spec import Files, TaskSpec
from xh.spec.examples import Examples


def task(kind, metric="accuracy", **fields):
    data = Files(("{split}.jsonl",), {"train": "train", "test": "test"})
    return TaskSpec(name="t", kind=kind, roles=("target",), languages=("en",), metric=metric, data=data, **fields)


def examples(**columns):
    return Examples(columns, "t test en", "en")


def test_classify_guesses_the_most_frequent_label():
    gold = examples(text_a=["a"] * 5, label=[1, 0, 1, 2, 1])
    assert majority_scores(Classify(), gold, task("classify", labels=("x", "y", "z"))) == {"accuracy": 60.0}


def test_choice_guesses_the_most_frequent_place():
    gold = examples(text=["a"] * 4, choices=[["b", "c", "d"]] * 4, label=[2, 0, 2, 1])
    assert majority_scores(Choice(), gold, task("choice")) == {"accuracy": 50.0}


def test_tag_guesses_one_label_for_every_word():
    gold = examples(tokens=[["a", "b"], ["c"]], tags=[[0, 1], [0]])
    found = majority_scores(Tag(), gold, task("tag", "f1", labels=("NOUN", "VERB")))
    assert found["accuracy"] == pytest.approx(200 / 3)
    assert (found["precision"], found["recall"]) == pytest.approx((50.0, 100 / 3))


def test_tag_finds_no_names_where_most_words_are_outside():
    gold = examples(tokens=[["a", "b", "c"]], tags=[[0, 1, 0]])
    assert majority_scores(Tag(), gold, task("tag", "f1", labels=("O", "B-PER")))["f1"] == 0


def questions(*rows):
    answers = [{"text": [text] if text else []} for _, text in rows]
    contexts = [context for context, _ in rows]
    return examples(
        id=[str(i) for i in range(len(rows))], context=contexts, question=["?"] * len(rows), answers=answers
    )


def test_span_guesses_the_first_words_of_the_usual_number():
    gold = questions(("red hot sun above", "red hot"), ("blue wet sea below", "wet sea"), ("one two", "two"))
    assert majority_scores(Span(), gold, task("span", "f1", train_from="q")) == pytest.approx(
        {"f1": 100 * (1 + 0.5 + 2 / 3) / 3, "exact_match": 100 / 3}
    )


def test_span_guesses_no_answer_where_there_may_be_none():
    gold = questions(("red hot sun", "sun"), ("red hot sun", ""))
    found = majority_scores(Span(), gold, task("span", "squad_v2.f1", train_from="q"))
    assert found == {"f1": 50.0, "exact_match": 50.0}


def test_nearest_guesses_one_of_all():
    words = [str(number) for number in range(8)]
    assert majority_scores(Bitext(), examples(source=words, target=words[::-1]), task("bitext")) == {"accuracy": 12.5}


def test_mining_guesses_nothing():
    sides = {"side": ["source", "target"], "id": ["a", "b"], "sentence": ["x", "y"], "match": [["b"], []]}
    assert majority_scores(Bitext(), examples(**sides), task("bitext", "f1"))["f1"] == 0


def share_of_first(predictions, references):
    return 100 * sum(found == predictions[0] for found in references) / len(references)


def undefined(predictions, references):
    raise StatisticsError("the same for all")


def test_a_tasks_own_metric_is_guessed_with_it():
    gold = examples(text_a=["a"] * 4, label=[1, 0, 1, 1])
    own = task("classify", f"{__name__}:share_of_first", labels=("x", "y"))
    assert majority_scores(Classify(), gold, own) == {"share_of_first": 75.0, "accuracy": 75.0}


def test_a_metric_that_is_not_defined_for_a_guess_has_no_chance():
    own = task("classify", f"{__name__}:undefined", labels=("x", "y"))
    assert majority_scores(Classify(), examples(text_a=["a"], label=[1]), own) == {}


def test_a_kind_need_not_guess():
    class Mute(Classify):
        majority_baseline = Kind.majority_baseline

    assert majority_scores(Mute(), examples(text_a=["a"], label=[1]), task("classify", labels=("x", "y"))) == {}
