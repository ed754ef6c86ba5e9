"""Real runs in processes of their own: a small training, a small store, and ways to end them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from xh.store import Store

REQUEST = "run --inter squad --target xquad,bucc --langs en,de --limit-train 16 --limit-eval 8"
RECIPES = "--set squad.epochs=1 --set xquad.epochs=1"
STAGES = 7
PATIENCE = 300.0


class Tally:
    """What was done to the runs of these tests, and what became of it; said at the end."""

    def __init__(self) -> None:
        self.all = bool(os.environ.get("XH_ALL_FAULTS"))
        self.counts: Counter[str] = Counter()

    def add(self, what: str, count: int = 1) -> None:
        self.counts[what] += count


TALLY = Tally()


@pytest.fixture
def tally() -> Tally:
    return TALLY


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TALLY.counts:
        terminalreporter.write_line(", ".join(f"{count} {what}" for what, count in TALLY.counts.items()))


class Run:
    """``xh run`` in a session of its own; ``out`` and ``err`` are what it has said so far."""

    def __init__(self, runs: Path, text: str = f"{REQUEST} {RECIPES}") -> None:
        self.runs = runs
        self.files = [runs.with_name(f"{runs.name}-{time.monotonic_ns()}.{name}") for name in ("out", "err")]
        runs.parent.mkdir(parents=True, exist_ok=True)
        with self.files[0].open("wb") as out, self.files[1].open("wb") as err:
            script = Path(sys.executable).with_name("xh")
            self.words = [*text.split(), "--json", "--runs", str(runs)]
            self.process = subprocess.Popen(
                [script, *self.words],
                stdout=out,
                stderr=err,
                cwd=runs.parent,
                env={**os.environ, "XH_CHECKPOINT_SECONDS": "0"},
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self.files[0].read_text()

    @property
    def err(self) -> str:
        return self.files[1].read_text()

    @property
    def progress(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("[")]

    @property
    def rows(self) -> list[Any]:
        """What the numbers are: everything that must be the same however often a run was killed."""
        document = json.loads(self.out)
        names = ("inter", "target", "lang", "metric", "value", "baseline", "delta", "n", "stage")
        return [[row[name] for name in names] for row in document["rows"]] + document["averages"]

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def workers(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children()
        except psutil.NoSuchProcess:
            return []

    def until(self, condition: Callable[[], Any]) -> Any:
        """What ``condition`` gives as soon as it gives something; None if the run ends before."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            if self.process.poll() is not None:
                return None
            time.sleep(0.01)
        raise TimeoutError

    def end(self) -> None:
        """End all that is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """A function that starts a run on the store ``runs`` below ``tmp_path``, or on another one."""
    begun: list[Run] = []

    def starting(*text: str, runs: Path = tmp_path / "runs") -> Run:
        begun.append(Run(runs, *text))
        return begun[-1]

    yield starting
    for run in begun:
        run.end()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same run, left alone: the numbers to compare with, and what it says."""
    run = Run(tmp_path_factory.mktemp("undisturbed") / "runs")
    try:
        assert run.wait() == 0, run.err
    finally:
        run.end()
    assert len(Store(run.runs).ids()) == STAGES
    return run


@pytest.fixture
def check_whole(undisturbed: Run) -> Callable[[Run], None]:
    """A function that checks that a run ended well, with the undisturbed numbers, in a store without a scratch."""

    def check(run: Run) -> None:
        assert run.wait() == 0, run.err
        assert run.rows == undisturbed.rows
        assert store_command(run, "verify") == {}
        store_command(run, "gc")
        store = Store(run.runs)
        assert sorted(path.name for path in store.stages.iterdir()) == store.ids() == Store(undisturbed.runs).ids()
        assert [*store.failed.iterdir(), *store.unfinished.glob("*")] == []

    return check


def store_command(run: Run, name: str) -> Any:
    script = Path(sys.executable).with_name("xh")
    words = [script, "store", name, "--json", "--runs", str(run.runs)]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
