"""Two runs at once on a store whose locks exclude nobody: work is done twice, and the numbers are those of one run.

Twenty times, each with other pauses before what both do to the same folders; twice by default, all with
``XH_ALL_FAULTS=1``. With odd numbers leases exclude nobody either, so that trainings are done twice, too.
"""

import json
import os
import random
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from helpers.faulty_runs import check_whole, finish_run
from xh.store import locks, store

NUMBERS = range(20) if os.environ.get("XH_ALL_FAULTS") else range(2)
PAUSE = 0.2
"""Seconds at most before each step of a run that another may take at the same time."""
STEPS = [(store, "publish"), (store, "inherit"), (store.Store, "startable"), (store.Store, "forget_checkpoints")]


class Broken(nullcontext):
    """A lock, or a lease, that anybody gets at any time."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.lock_file = path

    def acquire(self, **_):
        self.lock_file.touch()
        return self

    def release(self):
        pass

    force_break = release


def run_twice(words, monkeypatch, runs: Path, number: int, *broken: str):
    """Run twice at once on a store, in processes of their own; what both said."""
    for kind in broken:
        monkeypatch.setattr(locks.Locks, kind, lambda self, name, kind=kind: Broken(self.folder / f"{name}.{kind}"))
    said = [runs.with_name(f"{number}-{place}.json") for place in range(2)]
    children = [fork_run(words, runs, random.Random(f"{number} {path.name}"), path) for path in said]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    return [json.loads(path.read_text()) for path in said]


def fork_run(words, runs, chance, path) -> int:
    """Run in a process of its own, which writes down what was said."""
    if child := os.fork():
        return child
    try:
        for place, name in STEPS:
            pause_before(place, name, chance)
        done = finish_run(words, runs)
        path.write_text(json.dumps([done.code, done.out, done.err]))
    finally:
        os._exit(not path.exists())


def pause_before(place, name, chance):
    before = getattr(place, name)

    def later(*arguments, **options):
        time.sleep(PAUSE * chance.random() ** 4)
        return before(*arguments, **options)

    setattr(place, name, later)


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_are_those_of_one_run(words, monkeypatch, undisturbed, tmp_path, tally, number):
    said = run_twice(words, monkeypatch, tmp_path / "runs", number, *("file", "lease")[: 1 + number % 2])
    for code, out, err in said:
        run = type(undisturbed)(tmp_path / "runs", code, out, err)
        check_whole(undisturbed, run)
        tally.add("stages that one waited for or found made", err.count("another process"))
    tally.add("trainings done twice", sum(looks(err) for _, _, err in said) - looks(undisturbed.err))
    tally.add("runs side by side without locks")


def looks(err: str) -> int:
    """How often a run has looked at a dev set: in this recipe once a training."""
    return err.count("]   dev ")
