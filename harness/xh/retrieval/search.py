"""Nearest neighbours by cosine similarity.

Source: XTREME `third_party/utils_retrieve.py` (`knn`, `similarity_search`). Its Tatoeba search is by Euclidean distance
between normalised vectors, which gives the same order as the cosine.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xh.retrieval.approximate import knn_by_index, searched
from xh.retrieval.exact import Indices, Vectors, best_of_tiles, knn_of_units, unit, unit_tiles

SPARE = 12
"""Neighbours more than wanted, among which those are that single precision ranks too low."""
BLOCK = 32
"""Queries whose neighbours are held in double precision."""

Search = Callable[[Vectors, Vectors, int], tuple[Vectors, Indices]]

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


class Ranking(NamedTuple):
    """Similarity [n, k] and row number [n, k], by falling similarity; ``recall`` (0..1) of an index, on a sample."""

    similarity: Vectors
    found: Indices
    recall: float | None = None


def ranked(x: ArrayLike, y: Vectors, k: int, *, index: str = "exact") -> Ranking:
    """Do what `knn` does with `y` [m, d] as a file of any size, such as a numpy.memmap, which is read tile by tile.

    The order is that of cosines in double precision, which single precision mixes up where they differ by less than
    some 5e-7; of equal ones the first row comes first. Beside the queries and the result the exact search takes some
    150 MiB; an index has to hold all of `y`.
    """
    search_by(index)
    queries, reached = unit(x), None
    if index == "exact":
        _, found = best_of_tiles(queries, unit_tiles(y), k + SPARE)
    else:
        _, found, reached = searched(queries, y, k + SPARE, index)
    return Ranking(*_in_order(np.asarray(x), y, found, k), reached)


def _in_order(x: Vectors, y: Vectors, found: Indices, k: int) -> tuple[Vectors, Indices]:
    """The `k` nearest of the rows of `y` that were found for each row of `x`, with their cosines, the best first."""
    found = np.sort(found, axis=1)
    cosines = np.empty(found.shape)
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        queries, near = (_long(rows) for rows in (x[part], y[found[part]]))
        cosines[part] = (near @ queries[:, :, None])[..., 0]
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(cosines, best, axis=1).astype(np.float32), np.take_along_axis(found, best, axis=1)


def _long(rows: Vectors) -> NDArray[np.float64]:
    """Rows at length 1 in double precision; those of zeros stay."""
    doubles = rows.astype(np.float64)
    lengths = np.linalg.norm(doubles, axis=-1, keepdims=True)
    return doubles / np.where(lengths == 0, 1, lengths)


def search_by(index: str) -> Search:
    """Return the search of `INDEXES` of that name; raises ValueError for another one."""
    if index not in INDEXES:
        raise ValueError(f"unknown index {index!r}: choose one of {', '.join(INDEXES)}")
    return INDEXES[index]
