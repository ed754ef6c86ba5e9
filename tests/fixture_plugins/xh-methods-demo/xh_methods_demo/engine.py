"""Two engines: whatever may start is made here and now, or in a process that is kept."""

import time
import traceback
from pathlib import Path

from xh.api import Order, Pool, Scheduler, StageError, XhError, environment, execute, tell


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


def run_pooled(stages, locations, listener):
    scheduler = Scheduler(stages)
    with Pool(Path(locations.store) / locations.engine_settings["log"], [environment()]) as pool:
        while stage := scheduler.next():
            if not listener.blocked(stage):
                listener.started(stage)
                pool.send(0, Order(stage, locations))
                while not ((said := pool.heard(5.0)) and tell(listener, stage, said.event)):
                    pass
            scheduler.ended(stage)
