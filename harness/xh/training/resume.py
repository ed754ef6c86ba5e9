"""Saving a training as it goes, and going on from what was saved."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainerCallback

from xh.stage.job import TrainJob
from xh.training.distributed import broadcast
from xh.training.selection import select_checkpoints

EVERY = 600.0
"""Seconds between two checkpoints, unless XH_CHECKPOINT_SECONDS says otherwise."""
LOG = "log.jsonl"


class Saver(TrainerCallback):
    """Has a checkpoint made every so often, and seals each that was made, with those that policies take for now."""

    def __init__(self, job: TrainJob) -> None:
        self.job, self.every = job, float(os.environ.get("XH_CHECKPOINT_SECONDS", EVERY))

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The time counts from here."""
        self.saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save when it is time; an epoch's end has its own look and checkpoint."""
        between = state.global_step < state.max_steps and not float(state.epoch).is_integer()
        if between and broadcast(lambda: time.monotonic() - self.saved >= self.every):
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Seal what was saved, with the log so far; each process of a team has saved its own chance."""
        PartialState().wait_for_everyone()
        self.saved = time.monotonic()
        if not state.is_world_process_zero:
            return
        latest = _name(state.global_step)
        taken = {_name(look.step) for look in select_checkpoints(state, self.job.recipe).values()}
        log = self.job.folder / LOG
        if log.exists():
            shutil.copyfile(log, self.job.checkpoints.folder / latest / LOG)
        self.job.checkpoints.seal(latest, *taken)


def begun(job: TrainJob) -> Path | None:
    """The checkpoint to go on from, if there is one; the log begins with what was logged until then."""
    checkpoint = job.checkpoints.latest()
    if checkpoint:
        if (checkpoint / LOG).exists():
            shutil.copyfile(checkpoint / LOG, job.folder / LOG)
        job.log({"message": f"resumes after step {checkpoint.name.rpartition('-')[2]}"})
    return checkpoint


def checkpoint_of(job: TrainJob, step: int) -> Path:
    """Where the checkpoint of a step is, if it was saved."""
    return job.checkpoints.folder / _name(step)


def _name(step: int) -> str:
    return f"checkpoint-{step}"
