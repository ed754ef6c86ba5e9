"""An engine: whatever may start is made here and now."""

import time
import traceback

from xh.api import Scheduler, StageError, XhError, execute


def run(stages, locations, listener):
    scheduler = Scheduler(stages)
    while stage := scheduler.next():
        if not listener.blocked(stage):
            make(stage, locations, listener)
        scheduler.ended(stage)


def make(stage, locations, listener):
    listener.started(stage)
    started = time.monotonic()
    try:
        cached = execute(stage, locations, report=lambda entry: listener.logged(stage, entry))
    except Exception as error:
        known = error if isinstance(error, XhError) else StageError(f"{type(error).__name__}: {error}")
        listener.failed(stage, known, traceback.format_exc())
    else:
        listener.finished(stage, time.monotonic() - started, cached)
