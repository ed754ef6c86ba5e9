"""Real runs in processes of their own: a small training, a small store, and ways to end them."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from helpers.faulty_runs import Run, Said, finish_run
from xh.store import Store

REQUEST = """
run --profile mini --inter squad --target xquad,bucc --langs en,de --limit-train 16 --limit-eval 8
--set squad.batch_size=4 --set xquad.batch_size=4 --set squad.precision=fp32 --set xquad.precision=fp32
"""
"""In bfloat16 a training that goes on comes only near to the weights of an undisturbed one."""
STAGES = 7


class ExampleCount:
    """What was done to the runs of a test, and what became of it; said at the end, summed over the tests."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self.all = bool(os.environ.get("XH_ALL_FAULTS"))
        self.record = record

    def add(self, what: str, count: int = 1) -> None:
        self.record(what, int(count))


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> ExampleCount:
    return ExampleCount(record_property)


@pytest.fixture(scope="session")
def words(tiny: Path) -> list[str]:
    """A small run with a small encoder."""
    return [*REQUEST.split(), "--model", str(tiny)]


class Runs:
    """Runs on the store ``runs`` below a folder, or another one."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.folder, self.words = folder, words
        self.begun: list[Run] = []

    def start(self, text: str = "", runs: Path | None = None) -> Run:
        self.begun.append(Run(runs or self.folder / "runs", text.split() or self.words))
        return self.begun[-1]

    def end(self) -> None:
        for run in self.begun:
            run.end()


@pytest.fixture
def started(tmp_path: Path, words: list[str]) -> Iterator[Runs]:
    """Runs that are under way."""
    found = Runs(tmp_path, words)
    yield found
    found.end()


@pytest.fixture(scope="session")
def undisturbed(words: list[str], shared_folder: Path) -> Said:
    """The same run, left alone: the numbers to compare with, and what it says."""
    runs, kept = shared_folder / "undisturbed", shared_folder / "undisturbed.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            done = finish_run(words, runs)
            assert done.code == 0, done.err
            kept.write_text(json.dumps([done.code, done.out, done.err]))
    assert len(Store(runs).ids()) == STAGES
    return Said(runs, *json.loads(kept.read_text()))
