"""What the engine ``dask`` costs: seconds to its first worker, and per stage beyond what the worker's process does.

python benchmarks/dask_overhead.py [--stages N] [--jobs N]

Stages are those of a real plan under new seeds; the worker's process says that each is done as soon as it gets it.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

WORKER = """
import sys
for line in sys.stdin.buffer:
    print('{"event": "done", "cached": false, "seconds": 0.0}', flush=True)
"""
PATCH = """
import os, sys
if worker := os.environ.get("XH_NO_OP"):
    import xh.engine.pool
    xh.engine.pool.COMMAND = (sys.executable, "-S", worker)
"""
"""The workers are processes of their own, so that this has to stand in their path."""


class Times:
    """A listener that writes down when stages begin and end."""

    def __init__(self, stages):
        self.stages, self.begun, self.ended = stages, [], []

    def expected(self):
        return dict.fromkeys((stage.id for stage in self.stages), 1.0)

    def blocked(self, stage):
        return False

    def started(self, stage):
        self.begun.append(time.monotonic())

    def logged(self, stage, entry):
        raise AssertionError(entry)

    def finished(self, stage, seconds, cached):
        self.ended.append(time.monotonic())

    def failed(self, stage, error, trace):
        raise AssertionError(error)


def measure(stages, locations) -> Times:
    from xh_dask.engine import run

    times = Times(stages)
    begun = time.monotonic()
    run(stages, locations, times)
    whole = time.monotonic() - begun
    assert len(times.ended) == len(stages)
    first = times.begun[0] - begun
    each = (times.ended[-1] - times.ended[0]) / (len(stages) - 1)
    print(f"{len(stages):,} stages, {locations.jobs} workers: first stage after {first:.1f} s,", end=" ")
    print(f"{1000 * each:.1f} ms each, ended {whole - (times.ended[-1] - begun):.1f} s after the last")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stages", type=int, default=1000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(PATCH)
        Path(folder, "worker.py").write_text(WORKER)
        os.environ.update(PYTHONPATH=folder, XH_NO_OP=f"{folder}/worker.py")
        from msgspec.structs import replace

        from xh.plan import Request, build
        from xh.plugins import registry
        from xh.store import Store

        Store.open(f"{folder}/runs")
        seeds = tuple(range(1, asked.stages + 1))
        request = Request(inter=("squad",), target=("bucc",), seeds=seeds, engine="dask", runs=f"{folder}/runs")
        plan = build([request], registry(), {})
        stages = [stage for stage in plan.stages.values() if stage.phase == "intermediate"][: asked.stages]
        for jobs in asked.jobs:
            measure(stages, replace(plan.locations, jobs=jobs))


if __name__ == "__main__":
    main()
