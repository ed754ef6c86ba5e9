"""The official rules of extractive question answering: a task's metric names them, as in ``mlqa.f1``."""

from collections.abc import Callable, Mapping, Sequence

from xh.metrics import mlqa, squad, squad_v2

Answers = Mapping[str, str]
Golds = Mapping[str, Sequence[str]]
Scores = dict[str, float]
Rules = Callable[[Answers, Golds, str], Scores]
"""A function of answers and gold answers by question id, and the language, to F1 and exact match in percent."""

UNANSWERABLE = "squad_v2.f1"
"""The metric of tasks whose questions may lack an answer."""


def rules(metric: str) -> Rules:
    """The rules that a task's metric names; SQuAD v1.1's by default."""
    return RULES.get(metric, _squad)


def _squad(predictions: Answers, golds: Golds, lang: str) -> Scores:
    found = squad.evaluate(predictions, golds)
    return {"f1": found.f1, "exact_match": found.exact_match}


def _mlqa(predictions: Answers, golds: Golds, lang: str) -> Scores:
    """By the language of the context, which comes first where the question has another: ``de-en``."""
    found = mlqa.evaluate(predictions, golds, lang.partition("-")[0])
    return {"f1": found.f1, "exact_match": found.exact_match}


def _squad_v2(predictions: Answers, golds: Golds, lang: str) -> Scores:
    found = squad_v2.evaluate(predictions, golds)
    return {"f1": found["f1"], "exact_match": found["exact"]}


RULES: dict[str, Rules] = {"mlqa.f1": _mlqa, UNANSWERABLE: _squad_v2}
