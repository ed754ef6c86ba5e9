"""Which stage comes next, for every engine."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from xh.spec import Stage

ALIKE = 0.9
"""A chain of this share of the longest is as good, if its stage has something in common with the worker's last."""
LOOKED_AT = 32
"""Stages at most among which one that has something in common is looked for."""


class Scheduler:
    """Hands out stages, each after its parent, and first the one with the longest chain of stages behind it.

    ``seconds``: what each stage takes, as far as that is known; the others are taken to be average. Without it all
    stages come in the order of the plan. A stage whose parent is not among ``stages`` may start at once.
    """

    def __init__(self, stages: Sequence[Stage], seconds: Mapping[str, float | None] | None = None) -> None:
        self.children: dict[str | None, list[Stage]] = defaultdict(list)
        ids = {stage.id for stage in stages}
        for stage in stages:
            parent = stage.inputs.parent
            self.children[parent if parent in ids else None].append(stage)
        self.numbers = {stage.id: number for number, stage in enumerate(stages)}
        self.ways = dict.fromkeys(ids, 0.0) if seconds is None else self._ways(stages, seconds)
        self.heap: list[tuple[float, int, Stage]] = []
        self._add(self.children[None])

    @property
    def ready(self) -> int:
        """How many stages may start now."""
        return len(self.heap)

    def next(self, last: Stage | None = None, fits: Callable[[Stage], bool] = lambda stage: True) -> Stage | None:
        """The stage to start now, which is then out of here; None if all that may start do not fit.

        ``last``: what the worker has done before: of stages with ways about as long it gets one that shares data with
        it, or starts from it.
        """
        looked_at: list[tuple[float, int, Stage]] = []
        fitting: list[tuple[float, int, Stage]] = []
        while self.heap and len(fitting) < LOOKED_AT and (not fitting or self.heap[0][0] <= ALIKE * fitting[0][0]):
            entry = heapq.heappop(self.heap)
            looked_at.append(entry)
            if fits(entry[2]):
                fitting.append(entry)
        taken = max(fitting, key=lambda entry: _in_common(entry[2], last), default=None)
        for entry in looked_at:
            if entry is not taken:
                heapq.heappush(self.heap, entry)
        return taken and taken[2]

    def ended(self, stage: Stage) -> None:
        """Those that start from this stage may come now; an engine asks its listener whether they still make sense."""
        self._add(self.children[stage.id])

    def _add(self, stages: Iterable[Stage]) -> None:
        for stage in stages:
            heapq.heappush(self.heap, (-self.ways[stage.id], self.numbers[stage.id], stage))

    def _ways(self, stages: Sequence[Stage], seconds: Mapping[str, float | None]) -> dict[str, float]:
        """The seconds from the start of each stage to the end of the last that starts from it."""
        known = [each for stage in stages if (each := seconds.get(stage.id)) is not None]
        average = fmean(known) if known else 1.0
        ways: dict[str, float] = {}
        for stage in reversed(stages):
            own = seconds.get(stage.id)
            after = max((ways[child.id] for child in self.children[stage.id]), default=0.0)
            ways[stage.id] = (average if own is None else own) + after
        return ways


def makespan(stages: Sequence[Stage], seconds: Mapping[str, float | None], workers: int) -> float:
    """The seconds that some workers take for all stages, if each takes what it should and they all fit."""
    scheduler = Scheduler(stages, seconds)
    busy: list[tuple[float, int, Stage]] = []
    now = 0.0
    while True:
        while len(busy) < workers and (stage := scheduler.next()):
            heapq.heappush(busy, (now + (seconds.get(stage.id) or 0.0), scheduler.numbers[stage.id], stage))
        if not busy:
            return now
        now, _, stage = heapq.heappop(busy)
        scheduler.ended(stage)


def _in_common(stage: Stage, last: Stage | None) -> int:
    """How much of what a worker has kept of its last stage this one would use."""
    if last is None:
        return 0
    shared = {*stage.inputs.data.values()} & {*last.inputs.data.values()}
    return len(shared) + (stage.inputs.parent in (last.id, last.inputs.parent))
