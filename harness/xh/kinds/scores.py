"""Scores of predictions: the kind's metrics, and a task's own one where it names one."""

from xh.kinds.base import Kind, Metric, Predictions, Scores
from xh.spec import TaskSpec
from xh.spec.examples import Examples
from xh.spec.reference import resolve


def scores(kind: Kind, predictions: Predictions, examples: Examples, task: TaskSpec) -> Scores:
    """Metrics in percent, the one that counts first."""
    found = kind.score(predictions, examples, task)
    if own := own_metric(task):
        name, metric = own
        found = {name: float(metric(*kind.pairs(predictions, examples, task))), **found}
    else:
        name = task.metric.rpartition(".")[2]
    if name not in found:
        raise KeyError(f"task {task.name!r} counts {name!r}, but its kind gives {', '.join(found)}")
    return {name: found[name]} | found


def own_metric(task: TaskSpec) -> tuple[str, Metric] | None:
    """The name and the function of a task's own metric; None where it has a kind's."""
    return (task.metric.partition(":")[2], resolve(task.metric)) if ":" in task.metric else None


def majority_scores(kind: Kind, examples: Examples, task: TaskSpec) -> Scores:
    """What the kind's majority baseline scores; nothing where it has none, or its metric is not defined for one."""
    try:
        predictions = kind.majority_baseline(examples, task)
        return {} if predictions is None else scores(kind, predictions, examples, task)
    except (ArithmeticError, ValueError):
        return {}
