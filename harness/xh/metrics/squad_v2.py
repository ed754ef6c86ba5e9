"""Exact match and F1 of SQuAD v2, which has questions without an answer.

Source: Rajpurkar et al. 2018 (arXiv 1806.03822); transformers `data/metrics/squad_metrics.py`, `squad_evaluate`.
Answers are normalised as in v1.1. An empty prediction says that there is no answer.
"""

from collections.abc import Iterable, Mapping, Sequence

from xh.metrics import squad
from xh.metrics.answers import best

Values = Mapping[str, float]
"""A value (a score of 0..1, or a probability) per question id."""


def f1(prediction: str, gold: str) -> float:
    """Return the F1 (0..1) of the two bags of normalised tokens; unlike in v1.1 it is 1.0 if both are empty."""
    found, wanted = squad.normalize(prediction), squad.normalize(gold)
    return squad.f1(prediction, gold) if found and wanted else float(found == wanted)


def evaluate(
    predictions: Mapping[str, str],
    golds: Mapping[str, Sequence[str]],
    no_answer: Values | None = None,
    threshold: float = 1.0,
) -> dict[str, float]:
    """Score `{question id: answer}` against `{question id: gold answers}`, which are empty where there is no answer.

    A question whose probability in `no_answer` (0 for all without it) exceeds `threshold` counts as predicted to have
    no answer. Returns, under the official names, `exact`, `f1` (percent) and `total` over all questions, and as
    `HasAns_…` and `NoAns_…` over those with and without a gold answer, where there are some; `best_exact`, `best_f1`
    (percent) and `best_exact_thresh`, `best_f1_thresh`, found with `best_threshold`.

    Gold answers that normalise to nothing are dropped; a question that loses all of them still counts as one with an
    answer. Raises ValueError if there is no question, or one without a prediction or a probability (there the official
    function ends with a KeyError).
    """
    no_answer = dict.fromkeys(golds, 0.0) if no_answer is None else no_answer
    _check(predictions, golds, no_answer)
    answerable = {key: bool(answers) for key, answers in golds.items()}
    wanted = {key: [text for text in answers if squad.normalize(text)] or [""] for key, answers in golds.items()}
    found = {
        name: {key: best(compare, predictions[key], wanted[key]) for key in golds}
        for name, compare in (("exact", squad.exact_match), ("f1", f1))
    }
    kept = {name: _thresholded(scores, no_answer, answerable, threshold) for name, scores in found.items()}
    result = _parts(kept, answerable)
    for name, scores in found.items():
        score, cut = best_threshold(scores, predictions, answerable, no_answer)
        result |= {f"best_{name}": score, f"best_{name}_thresh": cut}
    return result


def best_threshold(
    scores: Values, predictions: Mapping[str, str], answerable: Mapping[str, bool], no_answer: Values
) -> tuple[float, float]:
    """Return the best mean score (percent) that a threshold on `no_answer` gives, and that threshold.

    Questions are taken up one at a time by rising probability, also among equal ones, so a threshold inside a tie does
    not reproduce its score. Any text but the empty one is wrong where there is no answer, even if it normalises to
    nothing. Without any gain the threshold is 0.
    """
    current = best_score = float(sum(not answerable[key] for key in scores))
    threshold = 0.0
    for key in sorted(scores, key=lambda key: no_answer[key]):
        current += scores[key] if answerable[key] else -bool(predictions[key])
        if current > best_score:
            best_score, threshold = current, no_answer[key]
    return 100.0 * best_score / len(scores), threshold


def _check(predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]], no_answer: Values) -> None:
    if not golds:
        raise ValueError("no questions to score: the gold answers are empty")
    for what, values in (("prediction", predictions), ("probability", no_answer)):
        if missing := [key for key in golds if key not in values]:
            raise ValueError(f"{len(missing)} of {len(golds)} questions have no {what}, the first is {missing[0]!r}")


def _thresholded(
    scores: Values, no_answer: Values, answerable: Mapping[str, bool], threshold: float
) -> dict[str, float]:
    """The scores, where a question above the threshold is right exactly if it has no answer."""
    return {key: float(not answerable[key]) if no_answer[key] > threshold else score for key, score in scores.items()}


def _parts(scores: Mapping[str, Values], answerable: Mapping[str, bool]) -> dict[str, float]:
    """Means over all questions, over those with an answer, and over those without."""
    parts = {
        "": list(answerable),
        "HasAns_": [key for key, has in answerable.items() if has],
        "NoAns_": [key for key, has in answerable.items() if not has],
    }
    return {name: value for prefix, keys in parts.items() if keys for name, value in _means(scores, keys, prefix)}


def _means(scores: Mapping[str, Values], keys: Sequence[str], prefix: str) -> Iterable[tuple[str, float]]:
    for name, values in scores.items():
        yield f"{prefix}{name}", 100.0 * sum(values[key] for key in keys) / len(keys)
    yield f"{prefix}total", len(keys)
