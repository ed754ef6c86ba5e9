"""Progress as plain lines, for logs."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from xh.cli.progress import computes, dev, score, title
from xh.plugins import hookimpl
from xh.spec import Stage, XhError

PARTS = 10


class Lines:
    """A line per start and end of a stage and per score, and about ten per training."""

    def __init__(self) -> None:
        self.total = self.number = self.part = 0
        self.title = self.machine = ""

    @hookimpl
    def xh_run_start(self, stages: Sequence[Stage], cached: Sequence[str]) -> None:
        """Count the stages that are left."""
        self.total = sum(stage.id not in cached for stage in stages)

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """One line, which waits for what the stage is computed on."""
        self.number, self.part = self.number + 1, 0
        self.title = title(stage)

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """A line for what is worth one; the machine where it is not that of the stage before."""
        if "machine" in entry and (machine := computes(entry["machine"])) != self.machine:
            self.machine = machine
            click.echo(f"Computes on {machine}", err=True)
        if text := score(entry) or dev(entry) or entry.get("message") or self._step(entry):
            self._say(f"  {text}")

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float, cached: bool) -> None:
        """One line."""
        self._say("  made by another process meanwhile" if cached else f"  done in {seconds:.1f} s")

    @hookimpl
    def xh_phase_error(self, stage: Stage, error: XhError) -> None:
        """One line."""
        self._say(f"  failed: {error.what}")

    def _step(self, entry: Mapping[str, Any]) -> str | None:
        """A training's step and loss, if it is in another tenth of the training than the one said last."""
        step, steps = entry.get("step"), entry.get("steps")
        if not step or not steps or "loss" not in entry or step * PARTS // steps == self.part:
            return None
        self.part = step * PARTS // steps
        return f"step {step:,}/{steps:,}  loss {entry['loss']:.3f}"

    def _say(self, text: str) -> None:
        if self.title:
            title, self.title = self.title, ""
            self._say(title)
        click.echo(f"[{self.number}/{self.total}] {text}", err=True)
