"""Progress as bars, for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from xh.cli.entries import computes, count, dev, is_score, scores
from xh.engine.clock import Clock
from xh.plugins import hookimpl
from xh.spec import Stage, XhError


class Bars:
    """A bar for the run and one for each stage under work, with the scores of its languages; what is done is a line."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        columns = [TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[count]}")]
        last = TextColumn("[dim]{task.fields[note]}")
        console = Console(stderr=True, highlight=False)
        self.progress = Progress(*columns, TimeElapsedColumn(), last, console=console, transient=True)
        self.run = self.progress.add_task("stages", total=None, count="", note="")
        self.done = self.total = 0
        self.tasks: dict[str, Any] = {}
        self.found: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.machine = ""

    def close(self) -> None:
        """Clear the bars."""
        self.progress.stop()

    @hookimpl
    def xh_run_start(self, stages: Sequence[Stage]) -> None:
        """Draw the run's bar, if there is anything to run."""
        self.total = self.clock.plan(stages)
        self._refresh()
        if self.total:
            self.progress.start()

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """Add the stage's bar."""
        self.clock.begin(stage)
        self.tasks[stage.id] = self.progress.add_task(escape(stage.title), total=None, count="", note="")
        self.found[stage.id] = {}
        if stage.phase == "evaluate":
            self._count(stage, 0, len(stage.inputs.languages), "languages")
        self._refresh()

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """Move the stage's bar."""
        found = self.found[stage.id]
        if "machine" in entry and (machine := computes(entry["machine"])) != self.machine:
            self.machine = machine
            self.progress.console.print(f"[dim]Computes on {escape(machine)}")
        if is_score(entry):
            found[entry["lang"]] = entry
            self._count(stage, len(found), len(stage.inputs.languages), "languages")
            self.progress.update(self.tasks[stage.id], note=escape(scores(found)))
        elif counted := count(entry):
            self._count(stage, *counted)
        if "loss" in entry:
            self.progress.update(self.tasks[stage.id], note=f"loss {entry['loss']:.3f}")
        if text := dev(entry) or entry.get("message"):
            self.progress.console.print(f"[dim]  {escape(text)}")
        self._refresh()

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float, cached: bool) -> None:
        """Turn the stage's bar into a line."""
        self.clock.end(stage, None if cached else seconds)
        how = "made by another process in the meantime" if cached else f"{seconds:.1f} s"
        self._close(stage, f"[green]✓[/] {escape(stage.title)}  [dim]{how}")

    @hookimpl
    def xh_phase_error(self, stage: Stage, error: XhError) -> None:
        """Turn the stage's bar into a line."""
        self.clock.end(stage, None)
        self._close(stage, f"[red]✗[/] {escape(stage.title)}  {escape(error.what)}")

    def _close(self, stage: Stage, line: str) -> None:
        self.progress.remove_task(self.tasks.pop(stage.id))
        self.progress.console.print(line)
        if found := self.found.pop(stage.id):
            self.progress.console.print(f"[dim]  {escape(scores(found))}")
        self.done += 1
        self._refresh()

    def _count(self, stage: Stage, done: int, total: int, unit: str) -> None:
        self.clock.advance(stage, done, total)
        self.progress.update(self.tasks[stage.id], completed=done, total=total, count=f"{done:,}/{total:,} {unit}")

    def _refresh(self) -> None:
        count, note = f"{self.done}/{self.total}", self.clock.remaining() or ""
        self.progress.update(self.run, completed=self.done, total=self.total, count=count, note=note)
