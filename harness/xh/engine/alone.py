"""One stage in this process, as a job: what happens is said on standard output, as a worker does."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from xh.engine.jobs import QUIET_THREADS
from xh.engine.worker import Order, serve
from xh.spec import XhError
from xh.spec.errors import EXIT_CODES
from xh.store import Store

JOB = "SLURM_JOB_ID"
GRACE = 60
"""Seconds that Slurm has to end a job that it was asked to run again."""


class _Ended(BaseException):
    """A signal of this number came."""

    def __init__(self, number: int) -> None:
        self.number = number


def run(order: Order, send: Callable[[Mapping[str, Any]], None]) -> int:
    """Have the stage in its store; returns the exit code. ``send`` gets what happens.

    SIGTERM ends it, and SIGUSR1, after which Slurm is asked to run this job again: both clear the work away, and a
    training goes on from where it has last saved itself.
    """
    os.environ.update(QUIET_THREADS)
    store = Store.open(order.locations.store)
    ended: list[Mapping[str, Any]] = []

    def note(event: Mapping[str, Any]) -> None:
        ended[:] = [event]
        send(event)

    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, _end)
    from xh.stage.cache import StageCache

    try:
        serve(order, StageCache(), note)
    except _Ended as by:
        if by.number == signal.SIGUSR1 and JOB in os.environ:
            _run_again(os.environ[JOB])
        return 128 + by.number
    last = ended[0]
    if last["event"] == "done":
        return 0
    error = XhError(last["what"], why=last.get("why", ""), todo=last.get("todo", ""))
    store.fail(order.stage.id, f"{error}\n\n{last['trace']}")
    return EXIT_CODES.get(last["type"], 1)


def _end(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(each, signal.SIG_IGN)  # a second one must not interrupt the clearing away
    raise _Ended(number)


def _run_again(job: str) -> None:
    """Ask Slurm; it ends this process, whose own end would count as the stage's failure."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if subprocess.run(["scontrol", "requeue", job]).returncode == 0:
        signal.sigtimedwait([], GRACE)
