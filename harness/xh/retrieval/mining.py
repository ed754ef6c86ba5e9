"""Margin-based bitext mining.

Source: Artetxe & Schwenk 2019 (arXiv 1811.01136); XTREME `third_party/utils_retrieve.py` (`mine_bitext`), cosine only.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xh.retrieval.exact import Indices, Vectors, unit
from xh.retrieval.search import search_by
from xh.retrieval.twoway import knn_both_ways

Pairs = NDArray[np.void]
"""Structured rows of `PAIR`."""

PAIR = np.dtype([("score", np.float32), ("source", np.int64), ("target", np.int64)])
"""A mined pair: its margin score and the row numbers of its two sentences."""

Neighbours = tuple[Vectors, Indices]
"""Similarity and row number of some rows' nearest ones on the other side, each [n, k]."""

Margin = Callable[[Vectors, Vectors], Vectors]

MARGINS: dict[str, Margin] = {
    "ratio": np.divide,
    "distance": np.subtract,
    "absolute": lambda similarity, mean: similarity,
}
"""Score of a pair from its similarity and the mean similarity of both sentences to their neighbours."""


def mine(
    source: ArrayLike,
    target: ArrayLike,
    *,
    k: int = 4,
    margin: str = "ratio",
    strategy: str = "max",
    index: str = "exact",
) -> Pairs:
    """Find translations among the rows of `source` [n, d] and `target` [m, d].

    Each sentence's candidates are its `k` cosine neighbours on the other side. A candidate's score is its cosine,
    divided by (`ratio`) or less (`distance`) the mean over both sentences' means over their neighbours, or as it is
    (`absolute`). Strategies:

    - `fwd`, `bwd`: the best candidate of every source (target) sentence;
    - `intersect`: the forward pairs that are also backward pairs;
    - `max`: forward and backward pairs together by falling score, each sentence used once, scores above 0 only.

    Returns structured rows with the fields `score` (float32), `source` and `target` (row numbers), by falling score;
    equal scores in source order, forward before backward. (The official code leaves the order of ties to chance, and
    its `fwd` and `bwd` crash.) Either side may be empty. `index` is as for `knn`.

    Raises ValueError for an unknown margin, strategy or index, `k` below 1, and as `unit` does.
    """
    _check("margin", margin, MARGINS)
    _check("strategy", strategy, STRATEGIES)
    search = search_by(index)
    x, y = unit(source), unit(target)
    found = knn_both_ways(x, y, k) if index == "exact" else (search(x, y, k), search(y, x, k))
    forward, backward = _best_both_ways(*found, MARGINS[margin])
    return STRATEGIES[strategy](forward, backward)


def _best_both_ways(ahead: Neighbours, back: Neighbours, margin: Margin) -> tuple[Pairs, Pairs]:
    """Each source row's best pair [n] and each target row's best pair [m], from the neighbours of either side."""
    if not ahead[1].size or not back[1].size:
        return np.empty(0, PAIR), np.empty(0, PAIR)
    x_mean, y_mean = (similarity.mean(axis=1, dtype=np.float32) for similarity, _ in (ahead, back))
    forward, to_target = _best(*ahead, x_mean, y_mean, margin)
    backward, to_source = _best(*back, y_mean, x_mean, margin)
    return _pairs(forward, np.arange(len(forward)), to_target), _pairs(backward, to_source, np.arange(len(backward)))


def _best(
    similarity: Vectors, index: Indices, own_mean: Vectors, other_mean: Vectors, margin: Margin
) -> tuple[Vectors, Indices]:
    """Score [n] and row number [n] of the best of each row's candidates [n, k]."""
    scores = margin(similarity, (own_mean[:, None] + other_mean[index]) / np.float32(2))
    rows, first = np.arange(len(scores)), scores.argmax(axis=1)
    return scores[rows, first], index[rows, first]


def _pairs(score: Vectors, source: Indices, target: Indices) -> Pairs:
    pairs = np.empty(len(score), PAIR)
    pairs["score"], pairs["source"], pairs["target"] = score, source, target
    return pairs


def _ranked(pairs: Pairs) -> Pairs:
    return pairs[np.argsort(-pairs["score"], kind="stable")]


def _intersection(forward: Pairs, backward: Pairs) -> Pairs:
    mutual = backward["source"][forward["target"]] == forward["source"]
    return _ranked(forward[mutual])


def _one_to_one(forward: Pairs, backward: Pairs) -> Pairs:
    ranked = _ranked(np.concatenate([forward, backward]))
    ranked = ranked[ranked["score"] > 0]
    return ranked[_unused(ranked["source"].tolist(), ranked["target"].tolist())]


def _unused(sources: list[int], targets: list[int]) -> list[int]:
    """Rows at which neither the source nor the target was taken by an earlier such row."""
    rows: list[int] = []
    taken_sources: set[int] = set()
    taken_targets: set[int] = set()
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        if source not in taken_sources and target not in taken_targets:
            rows.append(row)
            taken_sources.add(source)
            taken_targets.add(target)
    return rows


def _check(what: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise ValueError(f"unknown {what} {name!r}: choose one of {', '.join(known)}")


STRATEGIES: dict[str, Callable[[Pairs, Pairs], Pairs]] = {
    "max": _one_to_one,
    "intersect": _intersection,
    "fwd": lambda forward, backward: _ranked(forward),
    "bwd": lambda forward, backward: _ranked(backward),
}
"""The mined pairs from each source sentence's best pair and each target sentence's best pair."""
