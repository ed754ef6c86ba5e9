"""Mewsli-X of XTREME-R: entities are ranked for a mention in context; each mention has one right entity.

Source: Ruder et al. 2021 (arXiv 2104.07412); XTREME `third_party/utils_mewslix.py`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

K = 20


class RankingScore(NamedTuple):
    """Mean reciprocal rank in percent, mentions without a prediction, and predictions for mentions not asked for."""

    reciprocal_rank: float
    missing: int
    unexpected: int


def mean_reciprocal_rank(
    predictions: Mapping[str, Sequence[str]], golds: Mapping[str, str], k: int = K
) -> RankingScore:
    """Score `{mention id: entity ids, the best first}` against `{mention id: entity id}`; XTREME calls it mAP@20.

    A mention scores 1 / rank of its entity among the first `k`, else 0; one without a prediction scores 0. White space
    around the gold id is dropped, around predicted ones it is not.

    Raises ValueError if `golds` is empty.
    """
    if not golds:
        raise ValueError("no mentions to score: the gold entities are empty")
    total = sum(_reciprocal(predictions.get(key, ())[:k], gold.strip()) for key, gold in golds.items())
    missing, unexpected = golds.keys() - predictions.keys(), predictions.keys() - golds.keys()
    return RankingScore(100.0 * total / len(golds), len(missing), len(unexpected))


def _reciprocal(ranked: Sequence[str], gold: str) -> float:
    return 1.0 / (ranked.index(gold) + 1) if gold in ranked else 0.0
