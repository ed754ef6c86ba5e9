"""Exact match and F1 of SQuAD v1.1, which XQuAD and TyDiQA GoldP use unchanged in every language.

Source: Rajpurkar et al. 2016 (arXiv 1606.05250); XTREME `third_party/evaluate_squad.py`. The rules are English ones:
only ASCII punctuation and the articles a, an, the go; a token is a run without white space, so a Chinese or Thai answer
is mostly one token; nothing is Unicode-normalised.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


class SquadScore(NamedTuple):
    """Mean exact match and F1 in percent over all questions, and how many of them had no prediction."""

    exact_match: float
    f1: float
    missing: int


def normalize(text: str) -> str:
    """Return `text` in lower case without ASCII punctuation, then without English articles, single-spaced."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, gold: str) -> float:
    """Return 1.0 if both answers are equal after `normalize`, else 0.0."""
    return float(normalize(prediction) == normalize(gold))


def f1(prediction: str, gold: str) -> float:
    """Return the F1 (0..1) of the two bags of normalised tokens: 0.0 if they share none, so also if both are empty."""
    guessed, wanted = normalize(prediction).split(), normalize(gold).split()
    shared = (Counter(guessed) & Counter(wanted)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(guessed), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def best(score: Callable[[str, str], float], prediction: str, golds: Sequence[str]) -> float:
    """Return the highest `score(prediction, gold)` over all gold answers; ValueError if there are none."""
    if not golds:
        raise ValueError(f"no gold answer to compare the prediction {prediction!r} with")
    return max(score(prediction, gold) for gold in golds)


def evaluate(predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]]) -> SquadScore:
    """Score `{question id: answer}` against `{question id: gold answers}`.

    Every question of `golds` counts: one without a prediction scores 0 and is counted in `missing`. Predictions for
    other questions are ignored.

    Raises ValueError if `golds` is empty, or a predicted question has no gold answer.
    """
    if not golds:
        raise ValueError("no questions to score: the gold answers are empty")
    answered = [(predictions[key], answers) for key, answers in golds.items() if key in predictions]
    return SquadScore(
        exact_match=100.0 * sum(best(exact_match, answer, wanted) for answer, wanted in answered) / len(golds),
        f1=100.0 * sum(best(f1, answer, wanted) for answer, wanted in answered) / len(golds),
        missing=len(golds) - len(answered),
    )
