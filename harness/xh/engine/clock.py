"""When a run will be done."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

TELLING = 0.05
"""The share of a stage that must be done before it says how long the rest takes."""


class Timed(Protocol):
    """What a clock knows of a stage: its id, and what makes it like others."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def phase(self) -> str:
        """Its phase."""

    @property
    def task(self) -> str:
        """Its task."""


def duration(seconds: float) -> str:
    """A time as one would say it: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Clock:
    """Knows what the stages of a run have left to do: by the pace of earlier stages, or of those done in this run.

    ``expected``: the stages to be made, with their seconds as far as earlier stages say. ``now``: the time in seconds,
    for who replays a run.
    """

    def __init__(self, expected: Mapping[str, float | None], now: Callable[[], float] | None = None) -> None:
        self.expected, self.now = expected, now or time.monotonic
        self.left: dict[str, Timed] = {}
        self.begun: dict[str, float] = {}
        self.shares: dict[str, float] = {}
        self.took: dict[Any, list[float]] = {}

    def plan(self, stages: Iterable[Timed]) -> int:
        """Those of a plan's stages that are to be made are left; returns how many."""
        self.left = {stage.id: stage for stage in stages if stage.id in self.expected}
        return len(self.left)

    def begin(self, stage: Timed) -> None:
        """A stage is under work."""
        self.begun[stage.id] = self.now()

    def advance(self, stage: Timed, done: int, total: int) -> None:
        """So much of a stage is done, if it was not more by another count."""
        self.shares[stage.id] = max(done / total, self.shares.get(stage.id, 0.0))

    def end(self, stage: Timed, seconds: float | None) -> None:
        """A stage is done; without ``seconds`` it says nothing of others."""
        self.left.pop(stage.id, None)
        if seconds is not None:
            self.took.setdefault(_alike(stage), []).append(seconds)

    def remaining(self) -> str | None:
        """``about 12 min left``; None where that is not known.

        As many stages as are under work now are taken to be made side by side.
        """
        seconds = [self._remaining(stage) for stage in self.left.values()]
        known = [each for each in seconds if each is not None]
        if sum(known) < 1 or len(known) < len(seconds):
            return None
        side_by_side = len(self.left.keys() & self.begun.keys()) or 1
        return f"about {duration(max(sum(known) / side_by_side, *known))} left"

    def _remaining(self, stage: Timed) -> float | None:
        elapsed = self.now() - self.begun[stage.id] if stage.id in self.begun else 0.0
        share = self.shares.get(stage.id, 0.0)
        if elapsed and share >= TELLING:
            return elapsed * (1 - share) / share
        took = self.took.get(_alike(stage))
        whole = sum(took) / len(took) if took else self.expected.get(stage.id)
        return None if whole is None else max(whole - elapsed, 0.0)


def _alike(stage: Timed) -> tuple[str, str]:
    return stage.phase, stage.task
