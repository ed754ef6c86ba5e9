"""Exact and approximate search for the four nearest of every vector, by the embedded encoder, one way: time and recall.

python benchmarks/indexes.py [TEXT ...] [--rows N]      TEXT: files of one sentence a line, also .gz; else the sample's

Where there are fewer sentences than rows, they are taken again; queries and database are noisy copies, as translations
are. Exact search is measured on 5,000 queries, which take their share of the time, and recall on these.
"""

import argparse
import gzip
from pathlib import Path

import faiss
import numpy as np
import torch
from rounds import cpu
from vectors import sentences

from xh.mini import ENCODER
from xh.retrieval import encode, knn
from xh.retrieval.approximate import recall
from xh.retrieval.exact import unit

QUERIES, NOISE = 5_000, 0.3


def lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [line.strip() for line in file]


def copies(vectors: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Two noisy copies of so many of the vectors."""
    random = np.random.default_rng(0)
    base = unit(vectors[random.permutation(np.arange(rows) % len(vectors))])
    spread = np.float32(NOISE / base.shape[1] ** 0.5)
    x, y = (base + spread * random.standard_normal(base.shape, dtype=np.float32) for _ in range(2))
    return x, y


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    read = [line for path in args.texts for line in lines(path)] or sentences(args.rows)
    texts = list(dict.fromkeys(filter(None, read)))
    x, y = copies(encode(ENCODER, texts[:: max(1, len(texts) // args.rows)][: args.rows]), args.rows)
    start = cpu()
    exact = knn(x[:QUERIES], y, 4)[0]
    print("| index | vectors | CPU-s | recall |\n| --- | --- | --- | --- |")
    print(f"| exact | {args.rows:,} | {(cpu() - start) * args.rows / len(exact):,.1f} | 1 |", flush=True)
    for index in ("ivf", "hnsw"):
        start = cpu()
        found = knn(x, y, 4, index=index)[0]
        print(f"| {index} | {args.rows:,} | {cpu() - start:,.1f} | {recall(found[:QUERIES], exact):.3f} |", flush=True)


if __name__ == "__main__":
    main()
