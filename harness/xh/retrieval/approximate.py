"""Approximate nearest neighbours through FAISS, where an exact search of millions of vectors takes too long.

``ivf`` groups the database by k-means and looks into a few groups only; ``hnsw`` walks a graph of neighbours (Malkov &
Yashunin, arXiv 1603.09320), whose building by several threads differs a little from run to run.
"""

import math
from collections.abc import Callable

import faiss
import numpy as np

from xh.retrieval.exact import Indices, Vectors, checked_k, knn_of_units

RECALL = 0.99
SAMPLE = 1_000
"""Queries on which an index is measured."""
LEARNT = 2**18
"""Vectors from which the groups are learnt."""

_LARGEST = 4096
_DESIGNS: dict[str, tuple[Callable[[int], str], str]] = {
    "ivf": (lambda rows: f"IVF{max(1, min(rows // 40, round(4 * math.sqrt(rows))))},Flat", "nprobe"),
    "hnsw": (lambda rows: "HNSW32", "efSearch"),
}
"""FAISS's name for an index over so many rows, and of the parameter that trades time for recall."""


def knn_by_index(x: Vectors, y: Vectors, k: int, kind: str) -> tuple[Vectors, Indices]:
    """Do what `knn_of_units` does, by an index over `y` that finds at least `RECALL` of the exact neighbours.

    That is measured on `SAMPLE` rows of `x`, for which the exact search is made too: the effort of a search (groups
    that are looked into, candidates that are kept) is doubled until it is enough. Raises ValueError where no effort is.
    """
    wanted, k = k, checked_k(x, y, k)
    if not len(x) or not len(y):
        return knn_of_units(x, y, wanted)
    design, effort = _DESIGNS[kind]
    index = faiss.index_factory(y.shape[1], design(len(y)), faiss.METRIC_INNER_PRODUCT)
    index.train(_some(y, LEARNT))
    index.add(y)
    _tune(index, effort, _some(x, SAMPLE), y, k)
    similarity, found = index.search(x, k)
    short = (found < 0).any(axis=1)
    similarity[short], found[short] = knn_of_units(x[short], y, k)
    return similarity, found


def recall(found: Indices, exact: Indices) -> float:
    """The share of the exact neighbours [n, k] that are among those found [n, k]."""
    return float(np.mean([np.isin(right, row).mean() for row, right in zip(found, exact, strict=True)]))


def _some(rows: Vectors, count: int) -> Vectors:
    """At most `count` of the rows, at equal distances."""
    return np.ascontiguousarray(rows[:: math.ceil(len(rows) / count)])


def _tune(index: faiss.Index, effort: str, sample: Vectors, y: Vectors, k: int) -> None:
    exact = knn_of_units(sample, y, k)[1]
    value, reached = 1, 0.0
    while reached < RECALL:
        if value > _LARGEST:
            raise ValueError(f"with this index only {reached:.1%} of the nearest neighbours are found: take another")
        faiss.ParameterSpace().set_index_parameter(index, effort, value)
        reached = recall(index.search(sample, k)[1], exact)
        value *= 2
