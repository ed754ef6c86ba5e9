"""Scores of predictions: the kind's metrics, and a task's own one where it names one."""

from typing import Any

from xh.kinds.base import Scores
from xh.spec import TaskSpec
from xh.spec.examples import Examples
from xh.spec.reference import resolve


def scores(kind: Any, predictions: Any, examples: Examples, task: TaskSpec) -> Scores:
    """Metrics in percent, the one that counts first."""
    found: Scores = kind.score(predictions, examples, task)
    name = task.metric.rpartition(".")[2]
    if ":" in task.metric:
        name = task.metric.partition(":")[2]
        found = {name: float(resolve(task.metric)(*kind.pairs(predictions, examples, task))), **found}
    if name not in found:
        raise KeyError(f"task {task.name!r} counts {name!r}, but its kind gives {', '.join(found)}")
    return {name: found[name]} | found


def majority_scores(kind: Any, examples: Examples, task: TaskSpec) -> Scores:
    """What the kind's guess scores; nothing where a plugin's kind has none, or its metric is not defined for one."""
    if not hasattr(kind, "majority_baseline"):
        return {}
    try:
        return scores(kind, kind.majority_baseline(examples, task), examples, task)
    except (ArithmeticError, ValueError):
        return {}
