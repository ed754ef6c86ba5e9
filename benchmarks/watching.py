"""What ``xh watch`` costs a run: CPU seconds of the demo alone and watched from a browser page, in alternation.

python benchmarks/watching.py [--pairs N] [-- OPTIONS OF xh run]

The clock on the wall says little on a machine that does other things; CPU seconds are those of the run with its worker,
and of the watcher. The browser is the reader's own (pip install xh[browser], apt-get install chromium).
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

DEMO = ["--inter", "squad", "--target", "bucc"]


def xh(*words: str | Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "xh", *map(str, words)], text=True, **options)


def spent(process: subprocess.Popen[str]) -> float:
    """CPU seconds of a process and of those that it has waited for, once it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    if status not in (0, signal.SIGTERM):
        raise SystemExit(f"{process.args} has failed")
    return usage.ru_utime + usage.ru_stime


def spent_so_far(process: subprocess.Popen[str]) -> float:
    """CPU seconds of a process under way."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def watched(runs: Path, costs: list[tuple[float, float]]) -> Iterator[Page]:
    """A page in a browser that follows a watcher, whose start and whose following are added to ``costs``."""
    while not (runs / "store.json").exists():
        time.sleep(0.05)
    watcher = xh("watch", "--runs", runs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    address = watcher.stdout.readline().strip()
    began = spent_so_far(watcher)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        yield page
        page.get_by_text("stages are there").first.wait_for()
        browser.close()
    watcher.terminate()
    costs.append((began, spent(watcher) - began))


def run(folder: Path, options: Sequence[str]) -> subprocess.Popen[str]:
    return xh("run", *options, "--runs", folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("options", nargs="*", default=DEMO)
    args = parser.parse_args()
    alone: list[float] = []
    followed: list[float] = []
    watcher: list[tuple[float, float]] = []
    print("| run alone, CPU-s | watched | start of the watcher | while it follows | that of the run |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for _ in range(args.pairs):
        with TemporaryDirectory() as folder:
            alone.append(spent(run(Path(folder), args.options)))
        with TemporaryDirectory() as folder:
            process = run(Path(folder), args.options)
            with watched(Path(folder), watcher) as page:
                while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    page.wait_for_timeout(200)
                followed.append(spent(process))
        began, follows = watcher[-1]
        costs = f"{alone[-1]:.2f} | {followed[-1]:.2f} | {began:.2f} | {follows:.2f} | {follows / followed[-1]:.2%}"
        print(f"| {costs} |", flush=True)
    before, after = median(alone), median(followed)
    share = median(follows for _, follows in watcher) / after
    ratio = after / before
    print(
        f"\nMedians: {before:.2f} alone, {after:.2f} watched, {ratio:.3f} times; the watcher takes {share:.2%} of it."
    )


if __name__ == "__main__":
    main()
