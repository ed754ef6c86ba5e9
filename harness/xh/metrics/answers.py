"""What the scorers of extractive question answering share; they differ in how an answer is normalised."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Compare = Callable[[str, str], float]
"""A function of a predicted and a gold answer that returns a score of 0..1."""


class AnswerScore(NamedTuple):
    """Mean exact match and F1 in percent over all questions, and how many of them had no prediction."""

    exact_match: float
    f1: float
    missing: int


def token_f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the F1 (0..1) of two bags of tokens: 0.0 if they share none, so also if both are empty."""
    shared = (Counter(found) & Counter(wanted)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(found), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def best(score: Compare, prediction: str, golds: Sequence[str]) -> float:
    """Return the highest `score(prediction, gold)` over all gold answers; ValueError if there are none."""
    if not golds:
        raise ValueError(f"no gold answer to compare the prediction {prediction!r} with")
    return max(score(prediction, gold) for gold in golds)


def mean_scores(
    predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]], exact_match: Compare, f1: Compare
) -> AnswerScore:
    """Score `{question id: answer}` against `{question id: gold answers}`.

    Every question of `golds` counts: one without a prediction scores 0 and is counted in `missing`. Predictions for
    other questions are ignored.

    Raises ValueError if `golds` is empty, or a predicted question has no gold answer.
    """
    if not golds:
        raise ValueError("no questions to score: the gold answers are empty")
    answered = [(predictions[key], answers) for key, answers in golds.items() if key in predictions]
    return AnswerScore(
        exact_match=100.0 * sum(best(exact_match, answer, wanted) for answer, wanted in answered) / len(golds),
        f1=100.0 * sum(best(f1, answer, wanted) for answer, wanted in answered) / len(golds),
        missing=len(golds) - len(answered),
    )
