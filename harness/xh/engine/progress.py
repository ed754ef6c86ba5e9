"""Writes down what the announcing hooks are told, for who follows the run from another process."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xh.plugins import hookimpl
from xh.spec import Stage, XhError
from xh.spec.discreet import discreet
from xh.store.progress import Event, Planned, append


class Progress:
    """A few lines for each stage; its losses and scores are in its own log. ``expected``: seconds by stage."""

    def __init__(self, path: Path, expected: Mapping[str, float | None]) -> None:
        self.path, self.expected = path, expected

    @hookimpl
    def xh_run_start(self, stages: Sequence[Stage], cached: Sequence[str]) -> None:
        """The plan."""
        planned = tuple(self._planned(stage, stage.id in cached) for stage in stages)
        self._write(Event(at=time.time(), what="planned", stages=planned))

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """A stage began."""
        self._write(Event(at=time.time(), what="began", stage=stage.id))

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """What was said in words, such as that a worker died."""
        if message := entry.get("message"):
            self._write(Event(at=time.time(), what="said", stage=stage.id, text=discreet(str(message))))

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float, cached: bool) -> None:
        """A stage is done."""
        self._write(Event(at=time.time(), what="done", stage=stage.id, seconds=seconds, cached=cached))

    @hookimpl
    def xh_phase_error(self, stage: Stage, error: XhError) -> None:
        """A stage failed."""
        self._write(Event(at=time.time(), what="failed", stage=stage.id, text=discreet(str(error))))

    def _planned(self, stage: Stage, cached: bool) -> Planned:
        return Planned(
            id=stage.id,
            title=stage.title,
            phase=stage.phase,
            task=stage.task,
            parent=stage.inputs.parent,
            languages=len(stage.inputs.languages),
            seconds=self.expected.get(stage.id),
            cached=cached,
        )

    def _write(self, event: Event) -> None:
        with suppress(OSError):  # a full disk ends the run soon enough, and says so
            append(self.path, event)
