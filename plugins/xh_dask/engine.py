"""The engine: it gives a stage that may start to each worker that is free, and has as many workers as there are stages.

Dask's scheduler decides nothing here: it would guess how long stages take and send several to one worker.
"""

import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Event, Future, wait

from xh.api import Listener, Locations, Order, Scheduler, Stage, StageError, tell
from xh_dask.task import make
from xh_dask.workers import Workers, workers

TRIES = 3
PROGRESS = 900.0
"""Seconds of work after which a lost worker does not count: a training has saved itself meanwhile."""
LOOK = 1.0
"""Seconds between two looks at which workers there are."""
IDLE = 60.0
"""Seconds without a stage after which a worker's job is given back."""
GRACE = 12.0
"""Seconds that stages have for clearing away when the run is interrupted."""


def run(stages: Sequence[Stage], locations: Locations, listener: Listener) -> None:
    """Run the stages; those whose parent failed are left out. A lost worker costs a try of its stage."""
    with workers(stages, locations) as found, found.client.as_current():
        _Run(stages, locations, listener, found).run()


class _Run:
    """One run: by the address of each busy worker its stage, what it has done last, and since when it is free."""

    def __init__(self, stages: Sequence[Stage], locations: Locations, listener: Listener, found: Workers) -> None:
        self.locations, self.listener, self.workers = locations, listener, found
        self.most = len(stages) if locations.jobs == "auto" else locations.jobs
        self.scheduler = Scheduler(stages, listener.expected())
        self.again: deque[Stage] = deque()
        self.tries: Counter[str] = Counter()
        self.name = f"xh-{uuid.uuid4().hex}"
        self.said: SimpleQueue[tuple[Future | None, dict[str, Any]]] = SimpleQueue()
        self.busy: dict[str, tuple[Stage, Future, float]] = {}
        self.last: dict[str, Stage] = {}
        self.free: dict[str, float] = {}
        self.alive: dict[str, dict[str, Any]] = {}
        self.looked = 0.0

    def run(self) -> None:
        client = self.workers.client
        client.subscribe_topic(self.name, lambda event: self.said.put((None, event[1])))
        try:
            while self._fill():
                self._hear()
        except BaseException:
            self._stop()
            raise
        finally:
            client.unsubscribe_topic(self.name)

    def _stop(self) -> None:
        """Have what is under work clear away."""
        with suppress(OSError):  # the scheduler is gone, or they take too long
            Event(self.name).set()
            wait([future for _, future, _ in self.busy.values()], timeout=GRACE)

    def _fill(self) -> bool:
        """Give each free worker a stage; returns whether anything is left to do."""
        if time.monotonic() - self.looked >= LOOK:
            self._look()
        for address in self.alive:
            while address not in self.busy and len(self.busy) < self.most and (stage := self._next(address)):
                if stage.id in self.tries or not self.listener.blocked(stage):
                    self._submit(stage, address)
                else:
                    self.scheduler.ended(stage)
        return bool(self.busy or self._waiting)

    @property
    def _waiting(self) -> int:
        return len(self.again) + self.scheduler.ready

    def _look(self) -> None:
        """See which workers there are, what became of stages on those that are gone, and whether more are needed."""
        self.alive, self.looked = self.workers.alive(), time.monotonic()
        for address in self.busy.keys() - self.alive.keys():
            self._lost(address, "its worker is gone")
        self.free = {each: self.free.get(each, self.looked) for each in self.alive if each not in self.busy}
        idle = [address for address, since in self.free.items() if self.looked - since > IDLE]
        number = max(min(self.most, len(self.busy) + self._waiting), len(self.alive) - len(idle))
        self.workers.want(number, idle, len(self.alive))

    def _next(self, address: str) -> Stage | None:
        return self.again.popleft() if self.again else self.scheduler.next(self.last.get(address))

    def _submit(self, stage: Stage, address: str) -> None:
        if stage.id not in self.tries:
            self.listener.started(stage)
        self.tries[stage.id] += 1
        future = self.workers.client.submit(
            make,
            Order(stage, self.locations).line(),
            self.name,
            self.workers.threads,
            self._share(address),
            key=f"{stage.id}-{self.name}-{self.tries[stage.id]}",
            workers=[address],
            pure=False,
        )
        self.busy[address] = stage, future, time.monotonic()
        self.last[address] = stage
        self.free.pop(address, None)
        future.add_done_callback(lambda future: self.said.put((future, {})))

    def _share(self, address: str) -> int:
        """How many workers share the machine."""
        host = self.alive[address]["host"]
        return sum(each["host"] == host for each in self.alive.values())

    def _hear(self) -> None:
        try:
            future, said = self.said.get(timeout=LOOK)
        except Empty:
            return
        for address, (stage, own, _) in [*self.busy.items()]:
            if future is own:
                self._silent(address, own)
            elif future is None and stage.id == said["stage"]:
                self._told(address, said["event"])

    def _told(self, address: str, event: dict[str, Any]) -> None:
        stage, _, _ = self.busy[address]
        if event["event"] == "died":
            self._lost(address, f"the worker's process died ({event['cause']})")
        elif tell(self.listener, stage, event):
            del self.busy[address]
            self.scheduler.ended(stage)

    def _silent(self, address: str, future: Future) -> None:
        """A task has ended, and the last event of its stage, which comes before that, did not come."""
        if future.status == "error":
            error = future.exception()
            what = f"Dask could not run the stage: {type(error).__name__}: {error}"
            self._failed(address, StageError(what, todo=f"See dask-* in {self.locations.store}."))
        else:
            self._lost(address, f"Dask gave it up ({future.status})")

    def _lost(self, address: str, cause: str) -> None:
        stage, future, since = self.busy[address]
        future.cancel()
        if time.monotonic() - since > PROGRESS:
            self.tries[stage.id] = 1
        if self.tries[stage.id] >= TRIES:
            why = f"{cause[0].upper()}{cause[1:]}. This is often caused by too little memory."
            self._failed(address, StageError(f"The stage was lost {TRIES} times.", why=why))
            return
        self.listener.logged(stage, {"message": f"{cause}; another one tries again"})
        del self.busy[address]
        self.again.append(stage)

    def _failed(self, address: str, error: StageError) -> None:
        stage, _, _ = self.busy.pop(address)
        self.listener.failed(stage, error, "")
        self.scheduler.ended(stage)
