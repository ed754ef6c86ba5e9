"""The rules by which answers are scored: a span task's metric names them, as in ``mlqa.f1``."""

from collections.abc import Callable, Mapping, Sequence

from xh.kinds.base import Scores
from xh.metrics import mlqa, squad, squad_v2

Answers = Mapping[str, str]
Golds = Mapping[str, Sequence[str]]
Rules = Callable[[Answers, Golds, str], Scores]

UNANSWERABLE = "squad_v2.f1"


def rules(metric: str) -> Rules:
    """The function ``(answers, gold answers, language) -> scores`` for a task's metric; SQuAD v1.1's by default."""
    return {"mlqa.f1": _by_language, UNANSWERABLE: _with_unanswerable}.get(metric, _plain)


def _plain(predictions: Answers, golds: Golds, lang: str) -> Scores:
    result = squad.evaluate(predictions, golds)
    return {"f1": result.f1, "exact_match": result.exact_match}


def _by_language(predictions: Answers, golds: Golds, lang: str) -> Scores:
    """By the language of the context, which comes first where the question has another: ``de-en``."""
    result = mlqa.evaluate(predictions, golds, lang.partition("-")[0])
    return {"f1": result.f1, "exact_match": result.exact_match}


def _with_unanswerable(predictions: Answers, golds: Golds, lang: str) -> Scores:
    result = squad_v2.evaluate(predictions, golds)
    return {"f1": result["f1"], "exact_match": result["exact"]}
