"""A search among as many candidates as Mewsli-X has, in a mapped file: seconds, memory and recall of each index.

python benchmarks/pool.py [--candidates N] [--width D] [--queries N] [--index exact ivf hnsw] [--folder DIR]

Vectors are made: they vary in 32 directions, for those of texts have few too, with a little noise in all dimensions; a
query is a candidate with as much noise again. Each index is measured in a process of its own with one
thread. Memory is what the process holds beyond what it held before and beyond the mapped file's pages.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np
from rounds import cpu

from xh.retrieval import ranked
from xh.retrieval.approximate import recall

SPAN, NOISE, PART, K = 32, 0.3, 2**14, 20


def candidates(path: Path, rows: int, width: int) -> np.memmap:
    random = np.random.default_rng(0)
    basis = random.standard_normal((SPAN, width), dtype=np.float32) / SPAN**0.5
    file = np.memmap(path, np.float32, "w+", shape=(rows, width))
    for start in range(0, rows, PART):
        count = min(PART, rows - start)
        texts = random.standard_normal((count, SPAN), dtype=np.float32) @ basis
        file[start : start + count] = texts + noise(random, count, width)
    return file


def noise(random: np.random.Generator, rows: int, width: int) -> np.ndarray:
    return np.float32(NOISE) * random.standard_normal((rows, width), dtype=np.float32)


def queries(file: np.memmap, count: int) -> np.ndarray:
    random = np.random.default_rng(1)
    chosen = np.sort(random.choice(len(file), count, replace=False))
    return file[chosen] + noise(random, count, file.shape[1])


class Peak(threading.Thread):
    """The most MiB of its own that this process held while it was watched."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ended, self.most, self.before = threading.Event(), 0.0, own()

    def run(self) -> None:
        while not self.ended.wait(0.01):
            self.most = max(self.most, own() - self.before)


def own() -> float:
    """MiB of memory that belongs to no file."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def measure(path: Path, shape: tuple[int, int], count: int, index: str) -> None:
    """Print CPU seconds, seconds and MiB; keep the similarities of what is found beside the vectors."""
    faiss.omp_set_num_threads(1)
    file = np.memmap(path, np.float32, "r", shape=shape)
    x = queries(file, count)
    ranked(x[:8], file[:1000], K)  # what is loaded once
    watch, start, began = Peak(), cpu(), time.monotonic()
    watch.start()
    similarity = ranked(x, file, K, index=index).similarity
    watch.ended.set()
    np.save(path.with_name(index), similarity)
    print(json.dumps([cpu() - start, time.monotonic() - began, watch.most]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--candidates", type=int, default=1_003_893)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--index", nargs="+", default=["exact", "ivf", "hnsw"])
    parser.add_argument("--folder", type=Path, help="where the vectors are written, 4 bytes a number")
    parser.add_argument("--file", type=Path, help="measure with this file alone, in this process")
    args = parser.parse_args()
    shape = args.candidates, args.width
    if args.file:
        return measure(args.file, shape, args.queries, args.index[0])
    with TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "vectors"
        candidates(path, *shape)
        print("| index | CPU-s | s | MiB | recall |\n| --- | --- | --- | --- | --- |", flush=True)
        for index in dict.fromkeys(["exact", *args.index]):
            words = [sys.executable, __file__, "--file", path, "--index", index, "--queries", args.queries]
            words += ["--candidates", args.candidates, "--width", args.width]
            spent, took, held = json.loads(subprocess.check_output(list(map(str, words)), text=True).splitlines()[-1])
            found, exact = (np.load(path.with_name(f"{name}.npy")) for name in (index, "exact"))
            print(f"| {index} | {spent:,.0f} | {took:,.0f} | {held:,.0f} | {recall(found, exact):.3f} |", flush=True)
    return None


if __name__ == "__main__":
    main()
