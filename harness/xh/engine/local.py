"""The engine ``local``: worker processes on this machine, ``--jobs`` of them side by side."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from xh.engine import launch
from xh.engine.jobs import Memory, environments
from xh.engine.listener import Listener, tell
from xh.engine.pool import Pool, Said
from xh.engine.scheduler import Scheduler
from xh.engine.worker import Order
from xh.spec import Locations, Stage, StageError

TRIES = 2


def run(stages: Sequence[Stage], locations: Locations, listener: Listener) -> None:
    """Run the stages; those whose parent failed are left out, the others go on.

    One worker takes them in order; several start with what most of the rest waits for. A worker that dies is replaced
    and its stage tried once more. On KeyboardInterrupt the workers are ended.
    """
    locations = msgspec.structs.replace(locations, processes=launch.processes())
    workers = environments(stages, locations)
    seconds = listener.expected() if len(workers) > 1 else None
    with Pool(Path(locations.store) / "worker.log", workers) as pool:
        _Run(stages, locations, listener, pool, Scheduler(stages, seconds)).run()


class _Run:
    """One run: the stage in each busy place, and how often each was tried."""

    def __init__(
        self, stages: Sequence[Stage], locations: Locations, listener: Listener, pool: Pool, scheduler: Scheduler
    ) -> None:
        self.locations, self.listener, self.pool, self.scheduler = locations, listener, pool, scheduler
        self.memory = Memory(locations) if len(pool.environments) > 1 else None
        self.busy: dict[int, Stage] = {}
        self.last: dict[int, Stage] = {}
        self.tries: dict[str, int] = {}

    def run(self) -> None:
        while self._fill():
            said = self.pool.next()
            if said.event is None:
                self._died(said)
            elif tell(self.listener, self.busy[said.place], said.event):
                self.scheduler.ended(self.busy.pop(said.place))

    def _fill(self) -> bool:
        """Give each free place a stage, as long as they fit into memory; returns whether any stage is running."""
        for place in range(len(self.pool.environments)):
            while place not in self.busy and (stage := self._next(place)):
                if self.listener.blocked(stage):
                    self.scheduler.ended(stage)
                    continue
                self.busy[place] = self.last[place] = stage
                self.listener.started(stage)
                self._send(place)
        return bool(self.busy)

    def _next(self, place: int) -> Stage | None:
        if not (memory := self.memory):
            return self.scheduler.next()
        return self.scheduler.next(
            self.last.get(place), lambda stage: not self.busy or memory.holds([*self.busy.values(), stage])
        )

    def _send(self, place: int) -> None:
        stage = self.busy[place]
        self.tries[stage.id] = self.tries.get(stage.id, 0) + 1
        self.pool.send(place, Order(stage, self.locations))

    def _died(self, said: Said) -> None:
        stage = self.busy.get(said.place)
        if stage is None:
            return
        if self.tries[stage.id] < TRIES:
            self.listener.logged(stage, {"message": f"the worker died ({said.cause}); a new one tries again"})
            self._send(said.place)
            return
        why = "This is often caused by too little memory." if said.cause == "signal 9" else f"See {self.pool.log}."
        error = StageError(f"The worker died {TRIES} times on this stage ({said.cause}).", why=why)
        self.listener.failed(stage, error, "")
        self.scheduler.ended(self.busy.pop(said.place))
