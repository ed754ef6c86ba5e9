"""Real runs in processes of their own: a small training, a small store, and ways to end them."""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from filelock import FileLock

from helpers.forked import Popen
from helpers.running import answer_here
from xh.store import Store

REQUEST = """
run --profile mini --inter squad --target xquad,bucc --langs en,de --limit-train 16 --limit-eval 8
--set squad.batch_size=4 --set xquad.batch_size=4 --set squad.precision=fp32 --set xquad.precision=fp32
"""
"""In bfloat16 a training that goes on comes only near to the weights of an undisturbed one."""
STAGES = 7
SAVING = {"XH_CHECKPOINT_SECONDS": "0"}
PATIENCE = 600.0
"""Seconds for a run, on whatever machine."""


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


@dataclass
class Said:
    """What a run on the store ``runs`` has said: its exit code and its two streams."""

    runs: Path
    code: int
    out: str
    err: str

    def wait(self) -> int:
        return self.code

    @property
    def progress(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("[")]

    @property
    def rows(self) -> list[Any]:
        """What the numbers are: everything that must be the same however often a run was killed."""
        document = json.loads(self.out)
        names = ("inter", "target", "lang", "metric", "value", "baseline", "delta", "n", "stage")
        return [[row[name] for name in names] for row in document["rows"]] + document["averages"]

    @property
    def weights(self) -> dict[str, bytes]:
        """The models that were trained, by stage."""
        return {path.parts[-3]: path.read_bytes() for path in self.runs.glob("stages/*/model/model.safetensors")}


class Run(Said):
    """``xh run`` in a session of its own; ``out`` and ``err`` are what it has said so far."""

    def __init__(self, runs: Path, words: list[str]) -> None:
        self.runs = runs
        self.files = [runs.with_name(f"{runs.name}-{uuid4()}.{name}") for name in ("out", "err")]
        runs.parent.mkdir(parents=True, exist_ok=True)
        with self.files[0].open("wb") as out, self.files[1].open("wb") as err:
            self.process = Popen(
                [*words, "--json", "--runs", str(runs)],
                stdout=out,
                stderr=err,
                cwd=runs.parent,
                env=os.environ | SAVING,
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self.files[0].read_text()

    @property
    def err(self) -> str:
        return self.files[1].read_text()

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
        while self.process.poll() is None:
            if found := condition():
                return found
            assert time.monotonic() < deadline, self.err
            time.sleep(0.01)
        return None

    def written(self) -> int:
        """How often its processes have written something, as far as they live: how far it is, on any machine."""
        with suppress(psutil.NoSuchProcess):
            return sum(each.io_counters().write_count for each in (psutil.Process(self.process.pid), *self.workers()))
        return 0

    def end(self) -> None:
        """End all that is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(scope="session")
def words(tiny: Path) -> list[str]:
    """A small run with a small encoder."""
    return [*REQUEST.split(), "--model", str(tiny)]


@pytest.fixture
def start(tmp_path: Path, words: list[str]) -> Any:
    """A function that starts a run on the store ``runs`` below ``tmp_path``, or another one."""
    begun: list[Run] = []

    def starting(text: str = "", runs: Path = tmp_path / "runs") -> Run:
        begun.append(Run(runs, text.split() or words))
        return begun[-1]

    yield starting
    for run in begun:
        run.end()


@pytest.fixture(scope="session")
def finish(words: list[str]) -> Callable[[Path], Said]:
    """A function from a store to what the run says that does there, in this process, what is left to do."""

    def finished(runs: Path) -> Said:
        with pytest.MonkeyPatch.context() as patched:
            for name, text in SAVING.items():
                patched.setenv(name, text)
            return Said(runs, *answer_here(runs.parent, *words, "--json", "--runs", runs))

    return finished


@pytest.fixture(scope="session")
def undisturbed(finish: Callable[[Path], Said], shared_folder: Path) -> Said:
    """The same run, left alone: the numbers to compare with, and what it says."""
    runs, kept = shared_folder / "undisturbed", shared_folder / "undisturbed.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            done = finish(runs)
            assert done.code == 0, done.err
            kept.write_text(json.dumps([done.code, done.out, done.err]))
    assert len(Store(runs).ids()) == STAGES
    return Said(runs, *json.loads(kept.read_text()))


@pytest.fixture
def held(undisturbed: Said, tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """A function that has runs on ``runs`` below ``tmp_path`` wait for their last stage, while in its context.

    So none can end before it is killed, however slow this process is.
    """
    last = [record.stage for record in Store(undisturbed.runs).records() if record.stage.purpose.inter == "squad"]
    (stage,) = [stage for stage in last if stage.purpose.target == "bucc"]
    return lambda: Store.open(tmp_path / "runs").lock(stage.id)


@pytest.fixture
def check_whole(undisturbed: Said) -> Callable[[Said], None]:
    """A function that checks that a run ended well, with the undisturbed numbers, in a store without a scratch."""

    def store_command(run: Said, name: str) -> Any:
        answer = answer_here(run.runs.parent, "store", name, "--json", "--runs", run.runs)
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    def check(run: Said) -> None:
        assert run.wait() == 0, run.err
        assert run.rows == undisturbed.rows
        assert run.weights == undisturbed.weights
        assert store_command(run, "verify") == {}
        store_command(run, "gc")
        store = Store(run.runs)
        assert sorted(path.name for path in store.stages.iterdir()) == store.ids() == Store(undisturbed.runs).ids()
        assert [*store.failed.iterdir(), *store.unfinished.glob("*")] == []

    return check
