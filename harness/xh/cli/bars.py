"""Progress as bars, for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from xh.cli.progress import computes, dev, score, title
from xh.plugins import hookimpl
from xh.spec import Stage, XhError


class Bars:
    """A bar for the run and one for each stage under work; scores stay above them as lines."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
        last = TextColumn("[dim]{task.fields[note]}")
        self.progress = Progress(*columns, last, console=Console(stderr=True, highlight=False), transient=True)
        self.run = self.progress.add_task("stages", total=None, note="")
        self.tasks: dict[str, Any] = {}
        self.seen: dict[str, set[str]] = {}
        self.machine = ""

    def close(self) -> None:
        """Clear the bars."""
        self.progress.stop()

    @hookimpl
    def xh_run_start(self, stages: Sequence[Stage], cached: Sequence[str]) -> None:
        """Draw the run's bar, if there is anything to run."""
        left = sum(stage.id not in cached for stage in stages)
        self.progress.update(self.run, total=left)
        if left:
            self.progress.start()

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """Add the stage's bar."""
        total = len(stage.inputs.languages) if stage.phase == "evaluate" else None
        self.tasks[stage.id] = self.progress.add_task(escape(title(stage)), total=total, note="")
        self.seen[stage.id] = set()

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """Move the stage's bar."""
        task = self.tasks[stage.id]
        if "machine" in entry and (machine := computes(entry["machine"])) != self.machine:
            self.machine = machine
            self._say(f"Computes on {machine}")
        if "step" in entry:
            self.progress.update(task, completed=entry["step"], total=entry.get("steps"))
        if "loss" in entry:
            self.progress.update(task, note=f"loss {entry['loss']:.3f}")
        if score(entry):
            self.seen[stage.id].add(entry["lang"])
            self.progress.update(task, completed=len(self.seen[stage.id]))
        if text := score(entry) or dev(entry) or entry.get("message"):
            self._say(f"  {text}")

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float, cached: bool) -> None:
        """Turn the stage's bar into a line."""
        how = "made by another process meanwhile" if cached else f"{seconds:.1f} s"
        self._close(stage, f"[green]✓[/] {escape(title(stage))}  [dim]{how}")

    @hookimpl
    def xh_phase_error(self, stage: Stage, error: XhError) -> None:
        """Turn the stage's bar into a line."""
        self._close(stage, f"[red]✗[/] {escape(title(stage))}  {escape(error.what)}")

    def _close(self, stage: Stage, line: str) -> None:
        self.progress.remove_task(self.tasks.pop(stage.id))
        self.progress.advance(self.run)
        self.progress.console.print(line)

    def _say(self, text: str) -> None:
        self.progress.console.print(f"[dim]{escape(text)}")
