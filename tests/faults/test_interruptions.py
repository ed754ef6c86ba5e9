"""Ctrl-C, SIGTERM, a full disk, two runs at once, and a run with nothing to do."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from helpers.faulty_runs import check_whole, finish_run, hold_last
from xh.store import Store

SHORT = "run --inter squad --target bucc --langs de --limit-train 16 --limit-eval 8 --set squad.epochs=1"
AUDIT = """
import json, sys

EVENTS = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system", "socket.connect")
started = []
sys.addaudithook(lambda event, details: started.append(event) if event in EVENTS else None)
from xh.cli.main import main

code = main(sys.argv[1:])
heavy = [name for name in ("torch", "transformers", "datasets", "faiss", "numpy") if name in sys.modules]
print(json.dumps([code, started, heavy]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("number", "line"), [(signal.SIGINT, "[4/7] intermediate squad"), (signal.SIGTERM, "[1/7]   dev f1")]
)
def test_an_interrupted_run_says_what_is_saved_and_goes_on(started, tmp_path, words, undisturbed, number, line):
    """The signal goes to the worker too, as from a terminal or a batch system."""
    with hold_last(undisturbed, tmp_path / "runs"):
        run = started.start()
        run.until(lambda: line in run.err)
        (worker,) = run.workers()
        os.killpg(run.process.pid, number)
        assert run.wait() == 130
    store = Store(run.runs)
    saved = len(list(store.records()))
    assert run.err.splitlines()[-1] == (
        f"Interrupted: {saved} of 7 stages are saved; run the same command again to continue."
    )
    assert not worker.is_running()
    assert list(store.stages.glob(".*")) == []
    assert "Fatal" not in (run.runs / "worker.log").read_text()
    again = finish_run(words, run.runs)
    check_whole(undisturbed, again)
    assert f"{saved} already in" in again.err.splitlines()[-1]


def test_two_runs_at_once_share_the_work(started, words, undisturbed):
    """Models are kept, for the slower run makes one again that the faster has dropped before it came to it."""
    runs = [started.start(" ".join([*words, "--keep", "all"])) for _ in range(2)]
    for run in runs:
        assert run.wait() == 0, run.err
        assert run.rows == undisturbed.rows
        assert run.weights.items() >= undisturbed.weights.items()
    store = Store(runs[0].runs)
    assert store.ids() == Store(undisturbed.runs).ids() and store.verify() == {}
    lines = [line for run in runs for line in run.err.splitlines()]
    assert sum("done in" in line for line in lines) == 7


def test_a_finished_plan_starts_nothing(undisturbed, words, tmp_path):
    """Neither a worker nor a connection, and nothing heavier than NumPy, which draws the intervals."""
    words = [sys.executable, "-c", AUDIT, *words, "--json", "--runs", str(undisturbed.runs)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    said, audit = done.stderr.splitlines()[-2:]
    assert said == f"0 stages run, 7 already in {undisturbed.runs}: nothing to do."
    assert audit == '[0, [], ["numpy"]]'


def test_a_disk_that_is_too_small_is_said_before_the_start(started, tmpfs):
    run = started.start(SHORT, runs=tmpfs.mount("8m") / "runs")
    assert run.wait() == 5, run.err
    assert "The run needs about " in run.err
    assert Store(run.runs).ids() == []


def test_a_disk_that_others_fill_is_said_and_what_was_finished_stays(started, tmpfs):
    disk = tmpfs.mount("320m")
    run = started.start(SHORT, runs=disk / "runs")
    run.until(lambda: "[2/3]" in run.err)
    workers = run.workers()
    for worker in workers:
        worker.suspend()
    with (disk / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while shutil.disk_usage(disk).free > 8_000_000:
            file.write(bytes(1_000_000))
    for worker in workers:
        worker.resume()
    assert run.wait() == 5, run.err
    assert "No space left for" in run.err
    assert "xh store gc" in run.err
    store = Store(run.runs)
    assert [record.stage.phase for record in store.records()] == ["evaluate"]
    assert list(store.stages.glob(".*")) == []
    assert store.verify() == {}
