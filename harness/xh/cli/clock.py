"""When a run will be done."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from xh.cli.output import duration
from xh.spec import Stage

TELLING = 0.05
"""The share of a stage that must be done before it says how long the rest takes."""


class Clock:
    """Knows what the stages of a run have left to do: by the pace of earlier stages, or of those done in this run.

    ``expected``: the stages to be made, with their seconds as far as earlier stages say.
    """

    def __init__(self, expected: Mapping[str, float | None]) -> None:
        self.expected = expected
        self.left: dict[str, Stage] = {}
        self.begun: dict[str, float] = {}
        self.shares: dict[str, float] = {}
        self.took: dict[Any, list[float]] = {}

    def plan(self, stages: Iterable[Stage]) -> int:
        """Those of a plan's stages that are to be made are left; returns how many."""
        self.left = {stage.id: stage for stage in stages if stage.id in self.expected}
        return len(self.left)

    def begin(self, stage: Stage) -> None:
        """A stage is under work."""
        self.begun[stage.id] = time.monotonic()

    def advance(self, stage: Stage, done: int, total: int) -> None:
        """So much of a stage is done, if it was not more by another count."""
        self.shares[stage.id] = max(done / total, self.shares.get(stage.id, 0.0))

    def end(self, stage: Stage, seconds: float | None) -> None:
        """A stage is done; without ``seconds`` it says nothing of others."""
        self.left.pop(stage.id, None)
        if seconds is not None:
            self.took.setdefault(_alike(stage), []).append(seconds)

    def remaining(self) -> str | None:
        """``about 12 min left``; None where that is not known."""
        seconds = [self._remaining(stage) for stage in self.left.values()]
        known = [each for each in seconds if each is not None]
        return f"about {duration(sum(known))} left" if sum(known) >= 1 and len(known) == len(seconds) else None

    def _remaining(self, stage: Stage) -> float | None:
        elapsed = time.monotonic() - self.begun[stage.id] if stage.id in self.begun else 0.0
        share = self.shares.get(stage.id, 0.0)
        if elapsed and share >= TELLING:
            return elapsed * (1 - share) / share
        took = self.took.get(_alike(stage))
        whole = sum(took) / len(took) if took else self.expected.get(stage.id)
        return None if whole is None else max(whole - elapsed, 0.0)


def _alike(stage: Stage) -> tuple[str, str]:
    return stage.phase, stage.task
