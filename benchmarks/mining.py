"""Margin mining, 20,000 x 20,000 x 256, k = 4, both ways: ours, FAISS, XTREME's code, sentence-transformers.

python benchmarks/mining.py [ROWS] [--wall]      with --wall two threads and seconds of the clock, for an idle machine
"""

import argparse
import os

import faiss
import numpy as np
import torch
from by_hand import both_ways, margins
from rounds import absent, cpu, rounds, table, wall
from sentence_transformers.util import dot_score, semantic_search

from xh.retrieval import mine
from xh.retrieval.exact import unit


def pairs(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy copies of the same vectors, the second side in another order."""
    random = np.random.default_rng(0)
    shared = random.standard_normal((rows, 256), dtype=np.float32)
    x, y = (shared + 0.5 * random.standard_normal(shared.shape, dtype=np.float32) for _ in range(2))
    return x, y[random.permutation(rows)]


def faiss_twice(x: np.ndarray, y: np.ndarray) -> tuple:
    x, y = unit(x), unit(y)
    return x, y, *both_ways(x, y)


def sentence_transformers_twice(x: np.ndarray, y: np.ndarray) -> None:
    sides = [torch.from_numpy(unit(side)) for side in (x, y)]
    for a, b in (sides, sides[::-1]):
        semantic_search(a, b, top_k=4, score_function=dot_score)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=20_000)
    parser.add_argument("--wall", action="store_true")
    args = parser.parse_args()
    size = f"{args.rows // 1000}k × {args.rows // 1000}k × 256"
    path = f"margin mining, {size}, k = 4, both ways"
    if args.wall and os.getloadavg()[0] > (os.cpu_count() or 1) - 0.5:
        return absent(path, "two FAISS searches, two threads", "not measured: no core is idle")
    torch.set_num_threads(2 if args.wall else 1)
    faiss.omp_set_num_threads(2 if args.wall else 1)
    x, y = pairs(args.rows)
    mined = {(int(row["source"]), int(row["target"])) for row in mine(x, y)}
    assert mined == margins(*faiss_twice(x, y)).keys(), "the pairs differ from XTREME's"
    work = {
        "ours": lambda: mine(x, y),
        "two FAISS searches, without scoring": lambda: faiss_twice(x, y),
        "XTREME's way": lambda: margins(*faiss_twice(x, y)),
        "sentence-transformers' search twice, without scoring": lambda: sentence_transformers_twice(x, y),
    }
    if args.wall:
        work = dict(list(work.items())[:2])
    costs = rounds(work, clock=wall if args.wall else cpu)
    return table(path, costs, unit="s, two threads" if args.wall else "CPU-s")


if __name__ == "__main__":
    main()
