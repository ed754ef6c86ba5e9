"""What trainings came to, and one that is killed on the way."""

import pytest
import torch
from safetensors.torch import load_file

from xh.training import trainer
from xh.training.trainer import train


class KilledError(BaseException):
    """Nothing that is written to handle errors may catch it."""


def kill(job, step):
    """Begin a training and kill it in the step after ``step``."""
    work = trainer._StageTrainer.training_step

    def dying(self, *arguments):
        if self.state.global_step == step:
            raise KilledError
        return work(self, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trainer._StageTrainer, "training_step", dying)
        with pytest.raises(KilledError):
            train(job)


def weights(job, folder="model"):
    return load_file(job.folder / folder / "model.safetensors")


def same(some, others):
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


def told(facts):
    """What a training came to, without how long it took."""
    return {name: value for name, value in facts.items() if name != "train_seconds"}
