"""F1, precision and recall of one set of things against another: what BUCC and tagging have in common."""

from collections.abc import Hashable, Set
from typing import NamedTuple


class OverlapScore(NamedTuple):
    """F1, precision and recall in percent."""

    f1: float
    precision: float
    recall: float


def overlap(predicted: Set[Hashable], wanted: Set[Hashable]) -> OverlapScore:
    """Score predicted things against wanted ones, each once; all three values are 0 if none is right."""
    f1, precision, recall = fractions(len(predicted & wanted), len(predicted), len(wanted))
    return OverlapScore(100 * f1, 100 * precision, 100 * recall)


def fractions(right: int, predicted: int, wanted: int) -> tuple[float, float, float]:
    """F1, precision and recall (0..1), rounded as the official scripts round, so that equal F1s fall out alike."""
    if not right:
        return 0.0, 0.0, 0.0
    precision, recall = right / predicted, right / wanted
    return 2 * precision * recall / (precision + recall), precision, recall
