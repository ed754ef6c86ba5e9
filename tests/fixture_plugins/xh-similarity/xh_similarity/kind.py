"""The kind's class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from xh.api import Examples, Features, PooledHead, TaskSpec, TrainedKind


def spearman(*both: Sequence[float]) -> float:
    """The correlation of the mean ranks, in percent; 0 where one side is the same for all."""
    ranks = [np.searchsorted(np.sort(side), side) + np.searchsorted(np.sort(side), side, "right") for side in both]
    return 100 * float(np.corrcoef(ranks)[0, 1]) if all(map(np.ptp, ranks)) else 0.0


class Similarity(TrainedKind):
    metrics = (spearman,)

    def build_model(self, body: Any, task: TaskSpec) -> PooledHead:
        return PooledHead(body, outputs=1)

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        encoded = tokenizer(examples["text_a"], examples["text_b"], truncation=True, max_length=recipe.max_length)
        return Features({**encoded, **({"labels": examples["score"]} if train else {})})

    def decode(
        self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> list[float]:
        return [float(logits[0]) for (logits,) in outputs]

    def pairs(self, predictions: Any, examples: Examples, task: TaskSpec) -> tuple[list[float], list[float]]:
        return predictions, examples["score"]
