"""Real runs in processes of their own, and ways to end them."""

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

from helpers.forked import Popen
from helpers.running import answer_here
from xh.store import Store

SAVING = {"XH_CHECKPOINT_SECONDS": "0"}


PATIENCE = 600.0
"""Seconds for a run, on whatever machine."""


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


def finish_run(words: list[str], runs: Path) -> Said:
    """What the run says that does in a store, in this process, what is left to do."""
    with pytest.MonkeyPatch.context() as patched:
        for name, text in SAVING.items():
            patched.setenv(name, text)
        return Said(runs, *answer_here(runs.parent, *words, "--json", "--runs", runs))


def check_whole(undisturbed: Said, run: Said) -> None:
    """A run ended well, with the undisturbed numbers, in a store without a scratch."""

    def store_command(run: Said, name: str) -> Any:
        answer = answer_here(run.runs.parent, "store", name, "--json", "--runs", run.runs)
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    assert run.wait() == 0, run.err
    assert run.rows == undisturbed.rows
    assert run.weights == undisturbed.weights
    assert store_command(run, "verify") == {}
    store_command(run, "gc")
    store = Store(run.runs)
    assert sorted(path.name for path in store.stages.iterdir()) == store.ids() == Store(undisturbed.runs).ids()
    assert [*store.failed.iterdir(), *store.unfinished.glob("*")] == []


def hold_last(undisturbed: Said, runs: Path) -> AbstractContextManager[None]:
    """A context in which runs on a store wait for their last stage.

    So none can end before it is killed, however slow this process is.
    """
    last = [record.stage for record in Store(undisturbed.runs).records() if record.stage.purpose.inter == "squad"]
    (stage,) = [stage for stage in last if stage.purpose.target == "bucc"]
    return Store.open(runs).lock(stage.id)
