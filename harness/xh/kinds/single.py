"""Kinds with one answer an example: scored by how many are right."""

from typing import Any

from xh.kinds.base import ExampleCount, Kind, Scores
from xh.metrics.accuracy import accuracy, matches
from xh.spec import TaskSpec
from xh.spec.examples import Examples


def score(kind: Kind, predictions: Any, examples: Examples, task: TaskSpec) -> Scores:
    """Accuracy."""
    return {"accuracy": accuracy(*kind.pairs(predictions, examples, task))}


def example_counts(kind: Kind, predictions: Any, examples: Examples, task: TaskSpec) -> dict[str, list[ExampleCount]]:
    """Which examples are right."""
    return {"accuracy": [(right, 1) for right in matches(*kind.pairs(predictions, examples, task))]}
