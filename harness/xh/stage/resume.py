"""Saving a training as it goes, and going on from what was saved."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from xh.stage.job import TrainJob

EVERY = 600.0
"""Seconds between two checkpoints, unless XH_CHECKPOINT_SECONDS says otherwise."""
LOG = "log.jsonl"


class Saver(TrainerCallback):
    """Has a checkpoint made every so often, and seals each that was made, the best look's among them."""

    def __init__(self, job: TrainJob) -> None:
        self.job, self.every = job, float(os.environ.get("XH_CHECKPOINT_SECONDS", EVERY))

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The best look's place; the folder may have been moved since it was noted."""
        self.saved = time.monotonic()
        if state.best_global_step:
            state.best_model_checkpoint = str(self.job.checkpoints.folder / _name(state.best_global_step))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save when it is time; an epoch's end has its own look and checkpoint."""
        between = state.global_step < state.max_steps and not float(state.epoch).is_integer()
        if between and time.monotonic() - self.saved >= self.every:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Seal what was saved, with the log so far."""
        latest, best = _name(state.global_step), state.best_global_step
        log = self.job.folder / LOG
        if log.exists():
            shutil.copyfile(log, self.job.checkpoints.folder / latest / LOG)
        self.job.checkpoints.seal(latest, *([_name(best)] if best else []))
        self.saved = time.monotonic()


def begun(job: TrainJob) -> Path | None:
    """The checkpoint to go on from, if there is one; the log begins with what was logged until then."""
    checkpoint = job.checkpoints.latest()
    if checkpoint:
        if (checkpoint / LOG).exists():
            shutil.copyfile(checkpoint / LOG, job.folder / LOG)
        job.log({"message": f"goes on after step {checkpoint.name.rpartition('-')[2]}"})
    return checkpoint


def _name(step: int) -> str:
    return f"checkpoint-{step}"
