"""Nearest neighbours by cosine similarity.

Source: XTREME `third_party/utils_retrieve.py` (`knn`, `similarity_search`). Its Tatoeba search is by Euclidean distance
between normalised vectors, which gives the same order as the cosine.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from xh.retrieval.approximate import knn_by_index
from xh.retrieval.exact import Indices, Vectors, knn_of_units, unit

Search = Callable[[Vectors, Vectors, int], tuple[Vectors, Indices]]

TILE = 2**26
"""Bytes of the vectors that `ranked` looks into at a time."""

INDEXES: dict[str, Search] = {
    "exact": knn_of_units,
    "ivf": partial(knn_by_index, kind="ivf"),
    "hnsw": partial(knn_by_index, kind="hnsw"),
}
"""How neighbours are found; for the last two see `xh.retrieval.approximate`."""


def nearest(queries: ArrayLike, database: ArrayLike, *, index: str = "exact") -> Indices:
    """Return for each row of `queries` [n, d] the row number [n] of the most similar row of `database` [m, d].

    For Tatoeba the queries are the English sentences and the database holds the other language's.
    Raises ValueError as `knn` does, and if `database` has no rows.
    """
    if not len(np.asarray(database)):
        raise ValueError("there is nothing to find: the database has no rows")
    return knn(queries, database, 1, index=index)[1][:, 0]


def knn(x: ArrayLike, y: ArrayLike, k: int, *, index: str = "exact") -> tuple[Vectors, Indices]:
    """Return cosine similarity [n, k] and row number in `y` [n, k] of the `k` rows of `y` nearest to each row of `x`.

    Neighbours come by falling similarity. If `y` [m, d] has fewer than `k` rows, `k` is m. Inputs are not changed.
    `index` is `exact`, or for millions of rows `ivf` or `hnsw`, which find at least 99 in 100 of the neighbours.
    Raises ValueError for another index, `k` below 1, and vectors that are not finite matrices of one width.
    """
    return search_by(index)(unit(x), unit(y), k)


def ranked(x: ArrayLike, y: Vectors, k: int, *, index: str = "exact") -> tuple[Vectors, Indices]:
    """Do what `knn` does; the exact search takes `y` a tile at a time, so that it may be a file of any size."""
    if index != "exact":
        return knn(x, y, k, index=index)
    queries, rows = unit(x), max(1, TILE // (4 * y.shape[1]))
    similarity, found = knn_of_units(queries, unit(y[:rows]), k)
    for start in range(rows, len(y), rows):
        near, places = knn_of_units(queries, unit(y[start : start + rows]), k)
        near, places = np.hstack([similarity, near]), np.hstack([found, places + start])
        best = np.argsort(-near, axis=1, kind="stable")[:, :k]
        similarity, found = np.take_along_axis(near, best, axis=1), np.take_along_axis(places, best, axis=1)
    return similarity, found


def search_by(index: str) -> Search:
    """Return the search of `INDEXES` of that name; raises ValueError for another one."""
    if index not in INDEXES:
        raise ValueError(f"unknown index {index!r}: choose one of {', '.join(INDEXES)}")
    return INDEXES[index]
