"""Worker processes side by side, each started when it is first needed and replaced when it dies."""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Any, NamedTuple

from xh.engine.worker import Order
from xh.store.files import appended, storage

COMMAND = (sys.executable, "-P", "-m", "xh.engine.worker")
"""``-P``: nothing is imported from the current folder, by the worker and by the processes that train for it."""
GRACE = 10.0
"""Seconds that workers have for clearing away when the run ends."""
CHUNK = 2**16


class Said(NamedTuple):
    """What the worker in a place said, for :func:`~xh.engine.listener.tell`; None if it died, with the ``cause``."""

    place: int
    event: dict[str, Any] | None
    cause: str = ""


class Pool:
    """A place for each of the ``environments``, in which a worker with these variables does one order after another.

    Workers are processes of this machine, with all that :func:`~xh.engine.execute.execute` needs in memory, and end
    when this one does. ``log``: the file to which they write what is no event.
    """

    def __init__(self, log: Path, environments: Sequence[Mapping[str, str]]) -> None:
        self.log, self.environments = log, environments
        self.workers: dict[int, _Worker] = {}
        self.selector = DefaultSelector()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.selector.close()

    def end(self) -> None:
        """End all workers, which clear away what they are at; one that is sent something later is a new one."""
        for worker in self.workers.values():
            worker.process.terminate()
        for place in [*self.workers]:
            self._lost(place)

    def send(self, place: int, order: Order) -> None:
        """Give the worker in a place something to do."""
        if place not in self.workers:
            self.workers[place] = self._started(place)
        self.workers[place].send(order)

    def next(self) -> Said:
        """The next thing that any worker says; waits for it."""
        while (said := self.heard()) is None:
            pass
        return said

    def heard(self, timeout: float | None = None) -> Said | None:
        """The next thing that any worker says; None if that is nothing whole, for ``timeout`` seconds at most."""
        if said := self._unread():
            return said
        for key, _ in self.selector.select(timeout):
            if not self.workers[key.data].hear():
                return Said(key.data, None, self._lost(key.data))
        return self._unread()

    def _unread(self) -> Said | None:
        for place, worker in self.workers.items():
            if worker.said:
                return Said(place, worker.said.popleft())
        return None

    def _started(self, place: int) -> "_Worker":
        with storage(self.log):
            log = appended(self.log)
        with log:
            worker = _Worker(log, self.environments[place])
        self.selector.register(worker.out, EVENT_READ, place)
        return worker

    def _lost(self, place: int) -> str:
        worker = self.workers.pop(place)
        self.selector.unregister(worker.out)
        code = worker.end()
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class _Worker:
    """A worker process, and what it has ``said`` that was not read yet."""

    def __init__(self, log: IO[bytes], environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=log, env=environment)
        assert self.process.stdin and self.process.stdout
        self.orders, self.out = self.process.stdin, self.process.stdout
        self.said: deque[dict[str, Any]] = deque()
        self.begun = b""

    def send(self, order: Order) -> None:
        with suppress(BrokenPipeError):
            self.orders.write(order.line())
            self.orders.flush()

    def hear(self) -> bool:
        """Read what it has written; False if it has ended, or wrote something that is no JSON."""
        found = os.read(self.out.fileno(), CHUNK)
        *lines, self.begun = (self.begun + found).split(b"\n")
        try:
            self.said += map(json.loads, lines)
        except ValueError:
            self.process.kill()
            return False
        return bool(found)

    def end(self) -> int:
        """Wait until it has ended, or end it; returns its exit code."""
        try:
            code = self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for pipe in (self.orders, self.out):
            with suppress(BrokenPipeError):
                pipe.close()
        return code
