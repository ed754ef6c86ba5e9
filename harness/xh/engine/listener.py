"""What an engine reports, and which stages can't run any more."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from xh.spec import Stage, StageError, XhError, errors


class Listener(Protocol):
    """An engine tells it what becomes of each stage, in the thread that called ``run(stages, locations, listener)``.

    For each stage that is not :meth:`blocked`: once :meth:`started`, then maybe several times :meth:`logged`, then once
    :meth:`finished` or :meth:`failed`. Where the engine ends without that, a stage that is not in the store counts as
    failed. On KeyboardInterrupt the engine ends what it has begun and raises it again.
    """

    def expected(self) -> Mapping[str, float | None]:
        """By stage the seconds that it will take, None where earlier stages don't say: for :class:`Scheduler`."""

    def started(self, stage: Stage) -> None:
        """A worker took the stage up."""

    def logged(self, stage: Stage, entry: Mapping[str, Any]) -> None:
        """The stage wrote a line to its log."""

    def finished(self, stage: Stage, seconds: float, cached: bool) -> None:
        """The stage is in the store."""

    def failed(self, stage: Stage, error: XhError, trace: str) -> None:
        """The stage will not be in the store."""

    def blocked(self, stage: Stage) -> bool:
        """Whether a stage must be left out: one that it starts from has failed, or nothing needs it any more.

        Ask right before starting it.
        """


def tell(listener: Listener, stage: Stage, event: Mapping[str, Any]) -> bool:
    """Tell a listener what a worker process said of a stage; returns whether the stage has ended with that."""
    if event["event"] == "log":
        listener.logged(stage, event["entry"])
    elif event["event"] == "done":
        listener.finished(stage, event["seconds"], event["cached"])
    else:
        kind = getattr(errors, event["type"], StageError)
        error = kind(event["what"], why=event.get("why", ""), todo=event.get("todo", ""))
        listener.failed(stage, error, event["trace"])
    return bool(event["event"] != "log")


def descendants(stages: Sequence[Stage], failed: set[str]) -> list[str]:
    """The stages that start, directly or not, from a failed one."""
    lost: list[str] = []
    for stage in stages:
        if stage.id not in failed and stage.inputs.parent in {*failed, *lost}:
            lost.append(stage.id)
    return lost
