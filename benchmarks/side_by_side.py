"""One worker against several, on the same stages; they must give the same rows, up to ``--tolerance`` points.

python benchmarks/side_by_side.py [--inter all] [--target xtreme] [--jobs auto] [--model FOLDER] [--data DIR]
    [--limit-train N] [--limit-eval N] [--tolerance POINTS]

Wall time, on an idle machine. With OMP_NUM_THREADS=1 both compute with one thread, and the rows are equal.
Beside it the profile: CPU time, which grows where processes are in each other's way and by what each of them starts
with; what all stages took; and the share of the wall time in which a worker had one.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rounds import cpu, table

from xh.engine.jobs import cores
from xh.store import Store


class Took(NamedTuple):
    """Seconds: on the clock, of CPUs, and of all stages."""

    wall: float
    cpu: float
    stages: float

    def row(self, name: str, workers: int) -> str:
        """As a line of the profile."""
        busy = self.stages / self.wall / workers
        return f"| {name} | {self.wall:.0f} s | {self.cpu:.0f} s | {self.stages:.0f} s | {busy:.0%} |"


def timed(words: list[str], jobs: str) -> tuple[Took, dict[Any, float]]:
    """What a run in a new store took, and its values by row."""
    with TemporaryDirectory() as runs:
        command = [str(Path(sys.executable).with_name("xh")), "run", *words, "--jobs", jobs, "--runs", runs, "--json"]
        started, before = time.monotonic(), cpu()
        found = json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))
        wall, spent = time.monotonic() - started, cpu() - before
        stages = sum(record.seconds for record in Store(runs).records())
    values = {(r["inter"], r["target"], r["lang"], r["metric"]): r["value"] for r in found["rows"]}
    return Took(wall, spent, stages), values


def main() -> None:
    """Print the table; exit with 1 where rows differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inter", default="all")
    parser.add_argument("--target", default="xtreme")
    parser.add_argument("--jobs", default="auto")
    parser.add_argument("--model")
    parser.add_argument("--data")
    parser.add_argument("--limit-train")
    parser.add_argument("--limit-eval")
    parser.add_argument("--tolerance", type=float, default=0.0)
    given = vars(parser.parse_args())
    jobs, tolerance = given.pop("jobs"), given.pop("tolerance")
    options = {f"--{name.replace('_', '-')}": value for name, value in given.items() if value}
    words = [*(word for option in options.items() for word in option), "--profile", "mini"]
    (one, rows), (several, others) = timed(words, "1"), timed(words, jobs)
    table(f"{given['inter']} × {given['target']}", {f"--jobs {jobs}": several.wall, "--jobs 1": one.wall}, unit="s")
    print("\n| | wall | CPU | stages | workers busy |\n| --- | --- | --- | --- | --- |")
    print(one.row("--jobs 1", 1), several.row(f"--jobs {jobs}", cores() if jobs == "auto" else int(jobs)), "", sep="\n")
    differing = {key: (value, others[key]) for key, value in rows.items() if abs(value - others[key]) > tolerance}
    print(f"{len(rows)} rows, {len(differing)} differ by more than {tolerance} points")
    for key, values in list(differing.items())[:10]:
        print(*key, *values)
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
