"""How time and memory grow: planning, listing a store, mining, encoding; each size in a process of its own.

python benchmarks/growth.py [plan] [store] [mine] [encode] [--largest N]
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable

from rounds import cpu

SIZES = {
    "plan": (10, 100, 1_000, 5_000),
    "store": (100, 1_000, 10_000),
    "mine": (10_000, 20_000, 50_000, 100_000, 200_000),
    "encode": (1_000, 10_000, 100_000),
}


def plan(stages: int) -> Callable[[], object]:
    """A request of about so many stages: every seed trains SQuAD, then XNLI on it, and evaluates both ways."""
    from xh.plan import Request, build
    from xh.plugins.registry import registry

    seeds = tuple(range(1, 1 + max(1, stages // 5)))
    request = Request(inter=("squad",), target=("xnli",), seeds=seeds)
    known = registry()
    return lambda: build(request, known)


def store(stages: int) -> Callable[[], object]:
    """A store with so many stages of three files each."""
    from xh.plan import Request, build
    from xh.plugins.registry import registry
    from xh.store import Store
    from xh.store import folders as code

    code.flush = lambda path: None  # what is measured is reading
    scratch = tempfile.TemporaryDirectory(prefix="xh-growth-")
    folder = Store.open(scratch.name)
    seeds = tuple(range(1, 2 + stages // 5))
    made = build(Request(inter=("squad",), target=("xnli",), seeds=seeds), registry()).stages.values()
    for stage in list(made)[:stages]:
        with folder.work(stage) as work:
            for name in ("scores.json", "log.jsonl"):
                (work / name).write_text("{}\n")
            folder.commit(stage, work, {}, {}, 1.0)
    return lambda: [list(folder.records()), scratch]


def mine(rows: int) -> Callable[[], object]:
    from mining import pairs

    from xh.retrieval import mine

    x, y = pairs(rows)
    mine(x[:3000], y[:3000])
    return lambda: mine(x, y)


def encode(rows: int) -> Callable[[], object]:
    """Sentences by the embedded encoder: those of the sample, made distinct."""
    from vectors import sentences

    from xh.mini import ENCODER
    from xh.retrieval import encode

    texts = sentences(rows)
    texts = [f"{texts[i % len(texts)]} {i}" for i in range(rows)]
    encode(ENCODER, texts[:100])
    return lambda: encode(ENCODER, texts)


def resident() -> float:
    """MiB that the process holds now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def measure(what: str, size: int) -> None:
    """Print CPU seconds, and MiB at the peak over what was there before."""
    function = globals()[what](size)
    before, start = resident(), cpu()
    function()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([cpu() - start, max(0, peak - before)]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", choices=[*SIZES, []])
    parser.add_argument("--largest", type=int, default=200_000, help="leave out larger sizes")
    parser.add_argument("--size", type=int, help="measure this size alone, in this process")
    args = parser.parse_args()
    if args.size:
        return measure(args.what[0], args.size)
    print("| what | size | CPU-s | MiB | exponent of time |\n| --- | --- | --- | --- | --- |")
    for what in args.what or SIZES:
        last: tuple[int, float] | None = None
        for size in (size for size in SIZES[what] if size <= args.largest):
            command = [sys.executable, __file__, what, "--size", str(size)]
            seconds, memory = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
            slope = f"{math.log(seconds / last[1]) / math.log(size / last[0]):.2f}" if last else ""
            print(f"| {what} | {size:,} | {seconds:.2f} | {memory:.0f} | {slope} |", flush=True)
            last = size, seconds
    return None


if __name__ == "__main__":
    main()
