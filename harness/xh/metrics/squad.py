"""Exact match and F1 of SQuAD v1.1, which XQuAD and TyDiQA GoldP use unchanged in every language.

Source: Rajpurkar et al. 2016 (arXiv 1606.05250); XTREME `third_party/evaluate_squad.py`. The rules are English ones:
only ASCII punctuation and the articles a, an, the go; a token is a run without white space, so a Chinese or Thai answer
is mostly one token; nothing is Unicode-normalised.
"""

import re
import string
from collections.abc import Mapping, Sequence

from xh.metrics.answers import AnswerScore, mean_scores, token_f1

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalize(text: str) -> str:
    """Return `text` in lower case without ASCII punctuation, then without English articles, single-spaced."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, gold: str) -> float:
    """Return 1.0 if both answers are equal after `normalize`, else 0.0."""
    return float(normalize(prediction) == normalize(gold))


def f1(prediction: str, gold: str) -> float:
    """Return the F1 (0..1) of the two bags of normalised tokens: 0.0 if they share none, so also if both are empty."""
    return token_f1(normalize(prediction).split(), normalize(gold).split())


def evaluate(predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]]) -> AnswerScore:
    """Score `{question id: answer}` against `{question id: gold answers}` as `answers.mean_scores` does."""
    return mean_scores(predictions, golds, exact_match, f1)
