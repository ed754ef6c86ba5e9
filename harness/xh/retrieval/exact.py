"""Exact nearest neighbours among rows of length 1, through FAISS."""

from collections.abc import Iterable, Iterator

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

Vectors = NDArray[np.float32]
Indices = NDArray[np.int64]

TILE = 2**25
"""Bytes of the vectors that are looked into at a time where not all of them need be in memory."""


def unit(vectors: ArrayLike) -> Vectors:
    """Return a float32 copy of `vectors` [n, d] with rows of length 1; rows of zeros stay.

    Raises ValueError if `vectors` is no matrix or holds a value that is not finite.
    """
    rows = np.array(vectors, dtype=np.float32, order="C", ndmin=1)
    if rows.ndim != 2:
        raise ValueError(f"vectors must be a matrix [n, d], not of shape {rows.shape}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise ValueError("vectors hold values that are not finite (NaN or infinite)")
    rows /= np.where(lengths == 0, 1, lengths)
    return rows


def knn_of_units(x: Vectors, y: Vectors, k: int) -> tuple[Vectors, Indices]:
    """Do what `xh.retrieval.knn` does, exactly, for matrices that `unit` has made."""
    k = checked_k(x, y, k)
    if not len(x) or not len(y):
        return np.empty((len(x), k), np.float32), np.empty((len(x), k), np.int64)
    similarity, index = faiss.knn(x, y, k, metric=faiss.METRIC_INNER_PRODUCT)
    return similarity, index


def checked_k(x: Vectors, y: Vectors, k: int) -> int:
    """Return how many neighbours each row of `x` has among the rows of `y` if `k` are wanted; raises as `knn` does."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"vectors differ in width: {x.shape[1]} and {y.shape[1]}")
    return min(k, len(y))


def unit_tiles(y: Vectors) -> Iterator[tuple[int, Vectors]]:
    """The rows of `y` [m, d] at length 1, a tile at a time, with the number of its first row; of no rows one tile."""
    rows = max(1, TILE // (4 * y.shape[1]))
    for start in range(0, len(y) or 1, rows):
        yield start, unit(y[start : start + rows])


def best_of_tiles(x: Vectors, tiles: Iterable[tuple[int, Vectors]], k: int) -> tuple[Vectors, Indices]:
    """Do what `knn_of_units` does for the rows of all tiles together; of equal ones the first come first."""
    similarity, found = np.empty((len(x), 0), np.float32), np.empty((len(x), 0), np.int64)
    for start, tile in tiles:
        near, places = knn_of_units(x, tile, k)
        near, places = np.hstack([similarity, near]), np.hstack([found, places + start])
        best = np.argsort(-near, axis=1, kind="stable")[:, :k]
        similarity, found = np.take_along_axis(near, best, axis=1), np.take_along_axis(places, best, axis=1)
    return similarity, found
