"""Pictures ranked for captions, and how well."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RANKS = (1, 5, 10)
ROWS = 1024
"""Captions that are compared at a time."""


def ranked(texts: Any, images: Any, pictures: Sequence[int]) -> list[list[int]]:
    """The numbers of the ten pictures with the highest cosine for each text, the best one first.

    ``texts`` and ``images`` [n, dim] have vectors of length 1 of texts and of their own pictures; ``pictures`` [n] says
    which rows have the same picture, numbered as they first occur.
    """
    numbers = np.asarray(pictures)
    first = np.unique(numbers, return_index=True)[1]
    pool, found = images[first], []
    for start in range(0, len(texts), ROWS):
        rows = slice(start, start + ROWS)
        cosines = texts[rows] @ pool.T
        own = (texts[rows] * images[rows]).sum(axis=1)
        cosines[np.arange(len(own)), numbers[rows]] = own
        found += np.argsort(-cosines, axis=1, kind="stable")[:, : max(RANKS)].tolist()
    return found


def recall(found: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> dict[str, float]:
    """Of how many captions, in percent, the right picture is among the first 1, 5 and 10."""
    pairs = list(zip(found, right, strict=True))
    return {f"recall@{k}": 100 * sum(bool({*ranks[:k]} & {*gold}) for ranks, gold in pairs) / len(pairs) for k in RANKS}


def accuracy(found: Sequence[Any], right: Sequence[Any]) -> float:
    """How many are right, in percent."""
    return 100 * sum(bool(one == other) for one, other in zip(found, right, strict=True)) / len(found)
