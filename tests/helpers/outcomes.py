"""What trainings came to, and one that is killed on the way."""

import math
from unittest.mock import patch

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file

from helpers.changes import before_steps
from xh.training.resume import Saver
from xh.training.trainer import train


class KilledError(BaseException):
    """Nothing that is written to handle errors may catch it."""


def kill(job, step):
    """Begin a training and kill it in the step after ``step``, before which it has just saved itself."""

    def die(done):
        if done == step:
            raise KilledError

    def save(saver, args, state, control, **more):
        saver.every = 0.0 if state.global_step >= step - 1 else math.inf
        on_step_end(saver, args, state, control, **more)

    on_step_end = Saver.on_step_end
    with patch.object(Saver, "on_step_end", save), pytest.raises(KilledError):
        train(replace(job, methods=(*job.methods, before_steps(die))))


def weights(job, folder="model"):
    return load_file(job.folder / folder / "model.safetensors")


def same(some, others):
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


def told(facts):
    """What a training came to, without how long it took."""
    return {name: value for name, value in facts.items() if name not in ("train_seconds", "peak_bytes")}
