"""An engine: whatever is ready is made here and now."""

import time
import traceback

from xh.api import StageError, XhError, execute, ready


def run(stages, locations, listener):
    done, ended = set(), set()
    while waiting := [stage for stage in ready(stages, done) if stage.id not in ended]:
        for stage in waiting:
            ended.add(stage.id)
            if listener.blocked(stage):
                continue
            listener.started(stage)
            started = time.monotonic()
            try:
                cached = execute(stage, locations, report=lambda entry, stage=stage: listener.logged(stage, entry))
            except Exception as error:
                known = error if isinstance(error, XhError) else StageError(f"{type(error).__name__}: {error}")
                listener.failed(stage, known, traceback.format_exc())
                continue
            done.add(stage.id)
            listener.finished(stage, time.monotonic() - started, cached)
