"""Margin mining, 20,000 x 20,000 x 256, k = 4, both ways: ours, FAISS, XTREME's code, sentence-transformers.

python benchmarks/mining.py [ROWS] [--wall]      with --wall two threads and seconds of the clock, for an idle machine
"""

import argparse

import faiss
import numpy as np
import torch
from rounds import cpu, rounds, table, wall
from sentence_transformers.util import dot_score, semantic_search

from xh.retrieval import mine
from xh.retrieval.search import unit


def pairs(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy copies of the same vectors, the second side in another order."""
    random = np.random.default_rng(0)
    shared = random.standard_normal((rows, 256), dtype=np.float32)
    x, y = (shared + 0.5 * random.standard_normal(shared.shape, dtype=np.float32) for _ in range(2))
    return x, y[random.permutation(rows)]


def margins(x: np.ndarray, y: np.ndarray, ahead: tuple, back: tuple) -> set[tuple[int, int]]:
    """XTREME's mine_bitext: every candidate's score by itself, then the best of both directions, each side once."""
    means = [similarity.mean(axis=1) for similarity, _ in (ahead, back)]
    found = []
    for rows, others, (_, index), own, other in ((x, y, ahead, *means), (y, x, back, *reversed(means))):
        scores = np.zeros(index.shape)
        for i in range(len(index)):
            for j, place in enumerate(index[i]):
                scores[i, j] = rows[i].dot(others[place]) / ((own[i] + other[place]) / 2)
        found.append((scores.max(axis=1), index[np.arange(len(index)), scores.argmax(axis=1)]))
    (forward, to_target), (backward, to_source) = found
    indices = np.stack([np.r_[np.arange(len(x)), to_source], np.r_[to_target, np.arange(len(y))]], axis=1)
    seen, kept = (set(), set()), set()
    for i in np.argsort(-np.concatenate([forward, backward])):
        source, target = map(int, indices[i])
        if source not in seen[0] and target not in seen[1]:
            kept.add((source, target))
            seen[0].add(source)
            seen[1].add(target)
    return kept


def faiss_twice(x: np.ndarray, y: np.ndarray) -> tuple:
    x, y = unit(x), unit(y)
    return x, y, *(faiss.knn(a, b, 4, metric=faiss.METRIC_INNER_PRODUCT) for a, b in ((x, y), (y, x)))


def sentence_transformers_twice(x: np.ndarray, y: np.ndarray) -> None:
    sides = [torch.from_numpy(unit(side)) for side in (x, y)]
    for a, b in (sides, sides[::-1]):
        semantic_search(a, b, top_k=4, score_function=dot_score)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=20_000)
    parser.add_argument("--wall", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(2 if args.wall else 1)
    faiss.omp_set_num_threads(2 if args.wall else 1)
    x, y = pairs(args.rows)
    mined = {(int(row["source"]), int(row["target"])) for row in mine(x, y)}
    assert mined == margins(*faiss_twice(x, y)), "the pairs differ from XTREME's"
    work = {
        "ours": lambda: mine(x, y),
        "two FAISS searches, without scoring": lambda: faiss_twice(x, y),
        "XTREME's way": lambda: margins(*faiss_twice(x, y)),
        "sentence-transformers' search twice, without scoring": lambda: sentence_transformers_twice(x, y),
    }
    size = f"{args.rows // 1000}k × {args.rows // 1000}k × 256"
    if args.wall:
        work = dict(list(work.items())[:2])
    costs = rounds(work, clock=wall if args.wall else cpu)
    table(f"margin mining, {size}, k = 4, both ways", costs, unit="s, two threads" if args.wall else "CPU-s")


if __name__ == "__main__":
    main()
