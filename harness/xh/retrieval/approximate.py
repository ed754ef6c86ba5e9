"""Approximate nearest neighbours through FAISS, where an exact search of millions of vectors takes too long.

``ivf`` groups the database by k-means and looks into a few groups only; ``hnsw`` walks a graph of neighbours (Malkov &
Yashunin, arXiv 1603.09320), whose building by several threads differs a little from run to run.
"""

import math
from collections.abc import Callable

import faiss
import numpy as np

from xh.retrieval.exact import Indices, Vectors, best_of_tiles, checked_k, knn_of_units, unit, unit_tiles

RECALL = 0.99
SAMPLE = 1_000
"""Queries on which an index is measured."""
LEARNT = 2**18
"""Vectors from which the groups are learnt."""

EFFORTS = tuple(2**power for power in range(13))
"""Beyond the last one an index is of no use."""

_DESIGNS: dict[str, tuple[Callable[[int], str], str]] = {
    "ivf": (lambda rows: f"IVF{max(1, min(rows // 40, round(4 * math.sqrt(rows))))},Flat", "nprobe"),
    "hnsw": (lambda rows: "HNSW32", "efSearch"),
}
"""FAISS's name for an index over so many rows, and of the parameter that trades time for recall."""


def knn_by_index(x: Vectors, y: Vectors, k: int, kind: str) -> tuple[Vectors, Indices]:
    """Do what `knn_of_units` does, by an index over `y`; see `searched`."""
    return searched(x, y, k, kind)[:2]


def searched(x: Vectors, y: Vectors, k: int, kind: str) -> tuple[Vectors, Indices, float]:
    """Do what `knn_of_units` does, by an index over `y` that finds at least `RECALL` of the exact neighbours.

    Rows of `y` need not be of length 1, and may lie in a file: they are read tile by tile. The recall, returned last,
    is measured on `SAMPLE` rows of `x`, for which the exact search is made too: the effort of a search (groups that are
    looked into, candidates that are kept) is doubled until it is enough. Raises ValueError where no effort is.
    """
    if not len(x) or not len(y):
        return *knn_of_units(x, y, k), 1.0
    k = checked_k(x, y, k)
    design, effort = _DESIGNS[kind]
    index = faiss.index_factory(y.shape[1], design(len(y)), faiss.METRIC_INNER_PRODUCT)
    index.train(unit(_some(y, LEARNT)))
    for _, tile in unit_tiles(y):
        index.add(tile)
    reached = _tuned(index, effort, _some(x, SAMPLE), y, k)
    if reached < RECALL:
        raise ValueError(f"index {kind!r} finds only {reached:.1%} of the nearest neighbours: take 'exact'")
    similarity, found = index.search(x, k)
    short = (found < 0).any(axis=1)
    similarity[short], found[short] = best_of_tiles(x[short], unit_tiles(y), k)
    return similarity, found, reached


def recall(found: Vectors, exact: Vectors) -> float:
    """The share of neighbours, by their similarity [n, k], that are as near as the last of the exact ones [n, k]."""
    return float((found >= exact[:, -1:] - 1e-6).mean())


def _tuned(index: faiss.Index, effort: str, sample: Vectors, y: Vectors, k: int) -> float:
    """Give the index the least effort that is enough, or else the greatest; returns the recall on the sample."""
    exact, reached = best_of_tiles(sample, unit_tiles(y), k)[0], 0.0
    for value in EFFORTS:
        faiss.ParameterSpace().set_index_parameter(index, effort, value)
        reached = recall(index.search(sample, k)[0], exact)
        if reached >= RECALL:
            break
    return reached


def _some(rows: Vectors, count: int) -> Vectors:
    """At most `count` of the rows, at equal distances."""
    return np.ascontiguousarray(rows[:: math.ceil(len(rows) / count)])
