"""Scores of examples that are drawn again, for metrics that are no sums over examples: no report needs their code."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xh.kinds.base import Kind, Metric, Pairs, Predictions
from xh.kinds.scores import own_metric
from xh.spec import TaskSpec
from xh.spec.examples import Examples
from xh.store.resampling import times_drawn, unit_starts


def drawn_scores(
    kind: Kind, predictions: Predictions, examples: Examples, task: TaskSpec, known: set[str]
) -> Iterator[tuple[str, Any]]:
    """The metrics of predictions beside references, save those ``known``, with the score in every draw, [DRAWS]."""
    own = own_metric(task)
    metrics = {metric.__name__: metric for metric in kind.metrics} | (dict([own]) if own else {})
    pairs = kind.pairs(predictions, examples, task)
    for name in metrics.keys() - known:
        if (found := _draws(metrics[name], pairs)) is not None:
            yield name, found


def _draws(metric: Metric, pairs: Pairs) -> Any | None:
    """A score in percent per draw; None where it is not defined in one of them, or sides are not one for an example."""
    found, gold = pairs
    if not len(found) == len(gold) > 0:
        return None
    starts = unit_starts(len(gold))
    sizes = np.diff([*starts, len(gold)])
    each = np.arange(len(gold))
    drawn = (np.repeat(each, np.repeat(times.astype(int), sizes)).tolist() for times in times_drawn(len(starts)))
    try:
        scores = np.array([metric([found[i] for i in rows], [gold[i] for i in rows]) for rows in drawn], dtype=float)
    except (ArithmeticError, ValueError):
        return None
    return scores if np.isfinite(scores).all() else None
