"""Trackers of experiments: what the announcing hooks are told, as scalars and parameters of one run for each stage.

It is told in the main process, beside any engine; so evaluations are tracked too, and a worker that dies takes nothing
with it. transformers' own integrations (``report_to``) would be told in the worker, of trainings alone.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

from msgspec import to_builtins

from xh.plugins import Registry, hookimpl
from xh.plugins.manager import reason
from xh.results.arms import arms
from xh.results.records import Results
from xh.spec import Stage, TrackerSpec, UsageError
from xh.spec.reference import resolve
from xh.spec.stage import flat

Ended = Literal["finished", "failed", "interrupted"]


class TrackerRun(Protocol):
    """What a tracker keeps of one stage."""

    def log(self, scalars: Mapping[str, float], step: int | None) -> None:
        """Numbers by name, such as ``loss`` and ``dev/f1``, after a step of the training; None for final ones."""

    def end(self, outcome: Ended) -> None:
        """Nothing more will be told of the stage."""


class Tracker(Protocol):
    """Keeps the course of a run. The class is called with the store's folder, and told in the thread of the engine.

    What it raises is shown once, and it is told nothing more; the run goes on. What it prints goes to standard error.
    """

    def begin(self, stage: str, title: str, parameters: Mapping[str, Any]) -> TrackerRun:
        """A stage begins, with its id, a title in words, and parameters that are texts, numbers, truths or None.

        With an engine of one's own another stage may still be under work.
        """

    def results(self, results: Results, averages: Mapping[str, float]) -> None:
        """The results of the run, after its last stage; ``averages`` of targets over languages and seeds, by name.

        ``xnli/mnli`` is a score in percent, ``xnli/mnli/delta`` its difference to the baseline in points.
        """


def check_trackers(names: Sequence[str], registry: Registry) -> None:
    """Raise :class:`UsageError` for trackers whose packages are not installed."""
    for name in names:
        needs = registry.trackers.get(name).needs
        if missing := [each for each in needs if not find_spec(each)]:
            raise UsageError(
                f"--log {name} needs a package that is not installed.",
                todo=f"Install it (pip install {' '.join(missing)}), or leave --log out.",
            )


class Tracked:
    """Turns the announcing hooks into what a tracker is told. It is made when the first stage begins."""

    def __init__(self, spec: TrackerSpec, store: Path, warn: Callable[[str], None]) -> None:
        self.spec, self.store, self.warn = spec, store, warn
        self.tracker: Tracker | None = None
        self.runs: dict[str, TrackerRun] = {}
        self.broken = False

    @hookimpl
    def xh_phase_start(self, stage: Stage) -> None:
        """Begin a run."""
        self._tell(lambda: self._begin(stage))

    @hookimpl
    def xh_phase_log(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """Log the entry's numbers."""
        if found := dict(scalars(entry)):
            self._tell(lambda: self.runs[stage.id].log(found, entry.get("step")))

    @hookimpl
    def xh_phase_end(self, stage: Stage, seconds: float) -> None:
        """End the run with the time that it took."""
        self._tell(lambda: self.runs[stage.id].log({"seconds": seconds}, None))
        self._end(stage.id, "finished")

    @hookimpl
    def xh_phase_error(self, stage: Stage) -> None:
        """End the run; a stage that never began has none."""
        self._end(stage.id, "failed")

    @hookimpl
    def xh_run_results(self, results: Results) -> None:
        """Log the results, where a stage was made."""
        if tracker := self.tracker:
            self._tell(lambda: tracker.results(results, dict(averages(results))))

    @hookimpl
    def xh_run_end(self) -> None:
        """End what an interruption left open."""
        for stage in [*self.runs]:
            self._end(stage, "interrupted")

    def _begin(self, stage: Stage) -> None:
        self.tracker = self.tracker or resolve(self.spec.tracker)(self.store)
        self.runs[stage.id] = self.tracker.begin(stage.id, stage.title, parameters(stage))

    def _end(self, stage: str, outcome: Ended) -> None:
        if run := self.runs.pop(stage, None):
            self._tell(lambda: run.end(outcome))

    def _tell(self, work: Callable[[], object]) -> None:
        if self.broken:
            return
        try:
            with redirect_stdout(sys.stderr):
                work()
        except (Exception, SystemExit) as error:
            self.broken = True
            self.warn(f"--log {self.spec.name} failed, and the run goes on without it: {reason(error)}")


def scalars(entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a log entry that belong to a step, or to a language: by the names under which they are drawn."""
    if "metric" in entry and "lang" in entry:
        yield f"{entry['metric']}/{entry['lang']}", entry["value"]
    if "step" not in entry:
        return
    yield from ((name, value) for name, value in entry.items() if _is_number(value) and name not in ("step", "steps"))
    groups = {"loss": entry.get("losses", {}), "dev": entry.get("dev", {})}
    groups |= {f"dev/{policy}": found for policy, found in entry.get("others", {}).items()}
    for group, found in groups.items():
        yield from ((f"{group}/{name}", value) for name, value in found.items())


def averages(results: Results) -> Iterator[tuple[str, float]]:
    """What :meth:`Tracker.results` is told beside the results."""
    found = [each for each in results.summaries if each.lang is None and each.metric is None]
    labels = arms(found)
    for each in found:
        name = f"{each.target}/{labels.label(each)}"
        yield from ((n, value) for n, value in ((name, each.mean), (f"{name}/delta", each.delta)) if value is not None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parameters(stage: Stage) -> dict[str, Any]:
    """What a stage is made with, flat: what it is for, and all settings of its recipe."""
    inputs, purpose = stage.inputs, stage.purpose
    return {
        "phase": stage.phase,
        "task": stage.task,
        "intermediate": purpose.inter,
        "method": purpose.method,
        "target": purpose.target,
        "seed": inputs.seed,
        "languages": ",".join(inputs.languages),
        "encoder": purpose.encoder,
        "profile": purpose.profile,
        "data": purpose.data,
        "parent": inputs.parent,
        "limit_train": inputs.limit_train,
        "limit_eval": inputs.limit_eval,
        **{name: _plain(value) for name, value in flat(inputs.recipe, "recipe").items()},
    }


def _plain(value: Any) -> Any:
    found = to_builtins(value)
    return ", ".join(map(str, found)) if isinstance(found, list) else found
