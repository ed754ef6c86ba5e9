"""Kinds with one answer an example: scored by how many are right."""

from typing import Any

from xh.kinds.base import ExampleCount
from xh.kinds.supervised import TrainedKind
from xh.metrics.accuracy import accuracy, matches
from xh.spec import TaskSpec
from xh.spec.examples import Examples


class SingleAnswer(TrainedKind):
    """Predictions are a list with one answer an example."""

    suffix = ".tsv"
    metrics = (accuracy,)

    def example_counts(self, predictions: Any, examples: Examples, task: TaskSpec) -> dict[str, list[ExampleCount]]:
        """Which examples are right."""
        return {"accuracy": [(right, 1) for right in matches(*self.pairs(predictions, examples, task))]}
