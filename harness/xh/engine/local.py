"""The engine ``local``: one worker process on this machine, which runs the stages in order."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from xh.engine import launch
from xh.engine.listener import Listener
from xh.engine.worker import Order
from xh.spec import Locations, Stage, StageError, XhError, errors
from xh.store.files import appended, storage

COMMAND = (sys.executable, "-P", "-m", "xh.engine.worker")
"""``-P``: nothing is imported from the current folder, by the worker and by the processes that train for it."""
TRIES = 2
GRACE = 10.0
"""Seconds that a worker has for clearing away when the run ends."""
QUIET_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "true"}
"""Idle OpenMP threads that spin make everything many times slower on cores that somebody else uses too."""


def run(stages: Sequence[Stage], locations: Locations, listener: Listener) -> None:
    """Run the stages in order; those whose parent failed are left out, the others go on.

    A worker that dies is replaced and its stage tried once more. On KeyboardInterrupt the worker is ended.
    """
    locations = msgspec.structs.replace(locations, processes=launch.processes())
    with _Workers(Path(locations.store) / "worker.log") as workers:
        for stage in stages:
            if not listener.blocked(stage):
                _run_one(stage, locations, workers, listener)


def _run_one(stage: Stage, locations: Locations, workers: "_Workers", listener: Listener) -> None:
    listener.started(stage)
    for attempt in range(1, TRIES + 1):
        end = _result(stage, locations, workers, listener)
        if end is None:
            cause = workers.replace()
            if attempt < TRIES:
                listener.logged(stage, {"message": f"the worker died ({cause}); a new one tries again"})
                continue
            why = "This is often caused by too little memory." if cause == "signal 9" else f"See {workers.log}."
            error: XhError = StageError(f"The worker died {TRIES} times on this stage ({cause}).", why=why)
            listener.failed(stage, error, "")
        elif end["event"] == "done":
            listener.finished(stage, end["seconds"], end["cached"])
        else:
            listener.failed(stage, _error(end), end["trace"])
        return


def _result(stage: Stage, locations: Locations, workers: "_Workers", listener: Listener) -> dict[str, Any] | None:
    """The event that ends the stage; None if the worker died."""
    for event in workers.events(Order(stage, locations)):
        if event["event"] != "log":
            return event
        listener.logged(stage, event["entry"])
    return None


def _error(event: dict[str, Any]) -> XhError:
    kind = getattr(errors, event["type"], StageError)
    found: XhError = kind(event["what"], why=event.get("why", ""), todo=event.get("todo", ""))
    return found


class _Workers:
    """The worker of the moment, started when it is first needed."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.replace()

    def events(self, order: Order) -> Iterator[dict[str, Any]]:
        """Send an order; yields what the worker says until it has said all or is dead."""
        process = self._ready()
        with suppress(BrokenPipeError):
            _pipe(process.stdin).write(order.line())
            _pipe(process.stdin).flush()
        for line in _pipe(process.stdout):
            try:
                yield json.loads(line)
            except ValueError:  # cut off in the middle
                process.kill()
                return

    def replace(self) -> str:
        """Forget the worker; says how it ended."""
        assert self.process
        code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):
                _pipe(pipe).close()
        self.process = None
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _ready(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            with storage(self.log):
                log = appended(self.log)
            with log:
                self.process = subprocess.Popen(
                    COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env={**QUIET_THREADS, **launch.environment()},
                )
        return self.process


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe
    return pipe
