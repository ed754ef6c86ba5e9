"""``kill -9`` at any moment: the next run finishes, with the same numbers, and nothing that was finished is lost.

Ten kills are spread over what a run says, each a random moment after a line; they hit the main process and the worker
in turn. Three of the ten by default; all with ``XH_ALL_FAULTS=1``. ``-rP`` shows what each hit.
"""

import os
import random
import time

import psutil
import pytest

from xh.store import Store

KILLS = 10
CHOSEN = range(KILLS) if os.environ.get("XH_ALL_FAULTS") else (2, 5, 8)


def finished(run):
    """Each stage in the store, with what would change if it were made again."""
    if not (run.runs / "stages").exists():
        return {}
    store = Store(run.runs)
    paths = {record.stage.id: store.folder(record.stage.id) / "stage.json" for record in store.records()}
    return {stage: (path.stat().st_ino, path.read_text()) for stage, path in paths.items()}


@pytest.mark.parametrize("number", CHOSEN)
def test_a_killed_run_is_finished_by_the_next(start, undisturbed, check_whole, number):
    lines = number * len(undisturbed.progress) // KILLS
    victim = ("main process", "worker")[number % 2]
    run = start()
    run.until(lambda: len(run.progress) >= lines)
    time.sleep(random.Random(number).uniform(0.0, 0.4))
    workers = run.until(run.workers) if victim == "worker" else run.workers()
    hit = run.process.poll() is None
    (workers[0] if victim == "worker" and workers else run.process).kill()
    saved = finished(run)
    if victim == "worker" and hit:
        assert run.wait() == 0, run.err  # a worker is replaced
    check_whole(start())
    lost = [stage for stage, state in saved.items() if finished(run)[stage] != state]
    print(f"{victim} after {lines} lines: {'hit' if hit else 'missed'}, {len(saved)} saved, {len(lost)} lost")
    assert lost == []
    _, alive = psutil.wait_procs(workers or [], timeout=10)
    assert alive == []
