"""Progress as plain lines, for logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from xh.cli.entries import computes, count, dev, is_score, scores
from xh.engine.clock import Clock
from xh.plugins import hookimpl
from xh.spec import Stage, XhError

PARTS = 10


@dataclass
class UnderWork:
    """A stage under work: its number in this run, a ``title`` that is still to be said, and how much of it was said."""

    number: int
    title: str
    part: int = 0
    scores: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Lines:
    """A line per start and end of a stage and one for its languages, about ten for what is long."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.total = 0
        self.stages: dict[str, UnderWork] = {}
        self.machine = ""

    @hookimpl
    def xh_run_start(self, stages: Sequence[Stage]) -> None:
        """Count the stages that are left."""
        self.total = self.clock.plan(stages)

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """One line, which waits for what the stage is computed on."""
        self.clock.begin(stage)
        self.stages[stage.id] = UnderWork(len(self.stages) + 1, self._timed(stage.title))

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """A line for what is worth one; the machine where it is not that of the stage before."""
        if "machine" in entry and (machine := computes(entry["machine"])) != self.machine:
            self.machine = machine
            click.echo(f"Computes on {machine}", err=True)
        if is_score(entry):
            self.stages[stage.id].scores[entry["lang"]] = entry
        if text := dev(entry) or entry.get("message") or self._part(stage, entry):
            self._say(stage, f"  {text}")

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float, cached: bool) -> None:
        """One line for the languages, one for the end."""
        self.clock.end(stage, None if cached else seconds)
        self._scores(stage)
        self._say(stage, "  made by another process in the meantime" if cached else f"  done in {seconds:.1f} s")

    @hookimpl
    def xh_phase_error(self, stage: Stage, error: XhError) -> None:
        """One line, after the languages that are done."""
        self.clock.end(stage, None)
        self._scores(stage)
        self._say(stage, f"  failed: {error.what}")

    def _scores(self, stage: Stage) -> None:
        if found := self.stages[stage.id].scores:
            self._say(stage, f"  {scores(found)}")

    def _part(self, stage: Stage, entry: Mapping[str, Any]) -> str | None:
        """How far a stage is, if that is another tenth of it than what was said last."""
        if not (counted := count(entry)):
            return None
        done, total, unit = counted
        self.clock.advance(stage, done, total)
        under_work = self.stages[stage.id]
        if done * PARTS // total <= under_work.part:
            return None
        under_work.part = done * PARTS // total
        loss = f"  loss {entry['loss']:.3f}" if "loss" in entry else ""
        return self._timed(f"{done:,}/{total:,} {unit}{loss}")

    def _timed(self, text: str) -> str:
        left = self.clock.remaining()
        return f"{text} · {left}" if left else text

    def _say(self, stage: Stage, text: str) -> None:
        under_work = self.stages[stage.id]
        title, under_work.title = under_work.title, ""
        for line in filter(None, (title, text)):
            click.echo(f"[{under_work.number}/{self.total}] {line}", err=True)
