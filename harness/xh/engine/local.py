"""The engine ``local``: worker processes on this machine, ``--jobs`` of them side by side."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from xh.engine import device, launch
from xh.engine.device import VISIBLE
from xh.engine.jobs import Memory, environments
from xh.engine.listener import Listener, tell
from xh.engine.pool import Pool, Said
from xh.engine.scheduler import Scheduler
from xh.engine.width import Width
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
        self.gpus = _gpus([each.get(VISIBLE, "") for each in pool.environments])
        self.width = Width(locations, device.memory() if self.gpus and locations.gpus_per_stage > 1 else None)
        self.lent: dict[int, list[int]] = {}
        self.most = len(pool.environments) if locations.jobs == "auto" else locations.jobs

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
            while place in self._free() and (stage := self._next(place)):
                if self.listener.blocked(stage):
                    self.scheduler.ended(stage)
                    continue
                self.lent[place] = self._beside(place, stage)
                self.busy[place] = self.last[place] = stage
                self.listener.started(stage)
                self._send(place)
        return bool(self.busy)

    def _free(self) -> list[int]:
        """The places that have no stage and are lent to none."""
        taken = {place for first in self.busy for place in (first, *self.lent[first])}
        return [place for place in range(len(self.pool.environments)) if place not in taken]

    def _beside(self, place: int, stage: Stage) -> list[int]:
        """The places whose GPUs, or shares of the cores, a training has beside those of its own."""
        free = self._free()
        ready = min(self.scheduler.ready, self.most - len(self.busy) - 1) + 1
        return [other for other in free if other != place][: self.width.of(stage, len(free), ready) - 1]

    def _next(self, place: int) -> Stage | None:
        if not (memory := self.memory):
            return self.scheduler.next()
        if len(self.busy) >= self.most:
            return None
        free = len(self._free())

        def fits(stage: Stage) -> bool:
            return self.width.least(stage) <= free and (not self.busy or memory.holds([*self.busy.values(), stage]))

        return self.scheduler.next(self.last.get(place), fits)

    def _send(self, place: int) -> None:
        stage = self.busy[place]
        self.tries[stage.id] = self.tries.get(stage.id, 0) + 1
        self.pool.send(place, Order(stage, self._locations([place, *self.lent[place]])))

    def _locations(self, places: Sequence[int]) -> Locations:
        """Where what runs in these places together finds all that it needs."""
        if len(places) == 1:
            return self.locations
        gpus = tuple(self.gpus[place] for place in places) if self.gpus else ()
        return msgspec.structs.replace(self.locations, processes=len(places), gpus=gpus)

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


def _gpus(visible: Sequence[str]) -> Sequence[str]:
    """Each place's GPU, where each has its own."""
    return visible if len({*visible} - {""}) == len(visible) > 1 else ()
