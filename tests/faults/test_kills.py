"""``kill -9`` at any moment: the next run finishes, with the same numbers, and nothing that was finished is lost.

Fifty kills are spread over what a run says, each a random number of writes after a line; they hit the main process,
the worker, and both, in turn. Trainings save every step, so that some go on in the middle. Three of the fifty by
default; all with ``XH_ALL_FAULTS=1``. ``-rP`` shows what each hit.
"""

import os
import random
from contextlib import nullcontext

import psutil
import pytest

from helpers.faulty_runs import check_whole, finish_run, hold_last
from xh.store import Store

KILLS = 50
CHOSEN = range(KILLS) if os.environ.get("XH_ALL_FAULTS") else (12, 25, 38)
VICTIMS = ("main process", "worker", "both")
WRITES = 100
"""A training makes some more; a run begins with few, and ends with few."""
LAST = "[7/7] evaluate bucc after squad"
"""On a slow machine its line goes on with the time left."""
WAITING = "waiting for another process"


def finished(run):
    """Each stage in the store, with what would change if it were made again; models may go meanwhile."""
    if not (run.runs / "stages").exists():
        return {}
    return {record.stage.id: (record.finished, record.seconds) for record in Store(run.runs).records()}


@pytest.mark.parametrize("number", CHOSEN)
def test_a_killed_run_is_finished_by_the_next(started, words, undisturbed, tmp_path, tally, number):
    lines = number * len(undisturbed.progress) // (KILLS + 1)
    victim = VICTIMS[number % 3]
    early = 0 < lines < [line.startswith(LAST) for line in undisturbed.progress].index(True)
    with hold_last(undisturbed, tmp_path / "runs") if early else nullcontext():
        run = started.start()
        run.until(lambda: len(run.progress) >= lines)
        writes = run.written() + random.Random(number).randrange(WRITES if early else 10)
        run.until(lambda: run.written() >= writes or WAITING in run.err)
        workers = (run.until(run.workers) if victim != "main process" else run.workers()) or []
        hit = run.process.poll() is None
        for process in {"main process": [run.process], "worker": workers, "both": [run.process, *workers]}[victim]:
            process.kill()
        saved = finished(run)
    assert hit or not early
    if victim == "worker" and hit:
        assert run.wait() == 0, run.err  # a worker is replaced
    again = finish_run(words, run.runs)
    check_whole(undisturbed, again)
    lost = [stage for stage, state in saved.items() if finished(run)[stage] != state]
    resumed = "resumes after step" in run.err + again.err
    print(f"{victim} after {lines} lines: {hit=}, {resumed=}, {len(saved)} saved, {len(lost)} lost")
    assert lost == []
    _, alive = psutil.wait_procs(workers, timeout=600)
    assert alive == []
    tally.add("kills survived", hit)
    tally.add("trainings gone on with", resumed)
    tally.add("stages lost", len(lost))
