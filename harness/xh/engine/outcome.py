"""What became of a run's stages, and how plugins are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xh.engine.listener import descendants
from xh.plan import Plan
from xh.plan.disk import Models
from xh.plan.estimate import expected
from xh.plugins.registry import Registry
from xh.spec import Stage, StorageError, XhError
from xh.store import Store
from xh.store.files import appended
from xh.store.models import drop_models


@dataclass
class Outcome:
    """What a run did. ``cached``: stages that were in the store before; ``skipped``: children of failed ones.

    ``dropped``: the trainings whose models went as nothing needs them any more, with their bytes; ``undropped``: those
    whose models could not be removed.
    """

    plan: Plan
    store: Store
    cached: list[str]
    models: Models
    dropped: dict[str, int] = field(default_factory=dict)
    undropped: dict[str, XhError] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    failed: dict[str, XhError] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0


class Announcer:
    """Listens to the engine: notes what became of each stage and tells the plugins."""

    def __init__(self, outcome: Outcome, registry: Registry) -> None:
        self.outcome, self.plugins = outcome, registry.plugins

    def announce(self, hook: str, **arguments: Any) -> None:
        """Call the plugins; what they raise is logged and changes nothing."""
        problems = self.plugins.announce(hook, **arguments)
        if problems:
            with appended(self.outcome.store.root / "hooks.log") as log:
                log.write("".join(f"{problem}\n" for problem in problems).encode("utf-8", "backslashreplace"))

    def expected(self) -> dict[str, float | None]:
        """By stage the seconds that it will take, as far as earlier ones say."""
        return expected(self.outcome.plan, self.outcome.store)

    def started(self, stage: Stage) -> None:
        """A worker took the stage up."""
        self.announce("xh_phase_start", stage=stage)

    def logged(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """The stage wrote a line to its log."""
        self.announce("xh_phase_log", stage=stage, entry=entry)

    def finished(self, stage: Stage, seconds: float, cached: bool) -> None:
        """The stage is in the store."""
        self.outcome.done.append(stage.id)
        self.announce("xh_phase_end", stage=stage, seconds=seconds, cached=cached)
        for training in self.outcome.models.finished(stage):
            self._drop(training)

    def _drop(self, training: str) -> None:
        try:
            if freed := drop_models(self.outcome.store, training):
                self.outcome.dropped[training] = freed
        except StorageError as error:
            self.outcome.undropped[training] = error

    def failed(self, stage: Stage, error: XhError, trace: str) -> None:
        """The stage will not be in the store."""
        self.outcome.failed[stage.id] = error
        self.outcome.store.fail(stage.id, f"{error}\n\n{trace}")
        self.announce("xh_phase_error", stage=stage, error=error)

    def blocked(self, stage: Stage) -> bool:
        """Whether a stage that this one starts from has failed, or another run has made all that it is for."""
        if self._superseded(stage):
            self.started(stage)
            self.finished(stage, 0.0, cached=True)
            return True
        return stage.id in descendants(list(self.outcome.plan.stages.values()), set(self.outcome.failed))

    def _superseded(self, stage: Stage) -> bool:
        """Whether a training is done, its model dropped, and every evaluation after it finished, all by another run."""
        record = self.outcome.store.record(stage.id)
        after = {stage.id, *self.outcome.models.waiting.get(stage.id, ())}
        if record is None or after & {*self.outcome.plan.locations.anew}:
            return False
        return bool(record.dropped) and all(map(self.outcome.store.record, after))
