"""Steps of a target: the second goes on with the first one's head, every weight of it."""

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file

from helpers.outcomes import kill, same, weights
from xh.api import PooledHead
from xh.kinds.classify import Classify
from xh.spec import MissingError
from xh.training.setup import training_setup
from xh.training.trainer import train


class Headed(Classify):
    """The same with a head of xh's own."""

    def build_model(self, body, task):
        return PooledHead(body, outputs=len(task.labels))


def second(worker, name="second", **options):
    """A job that starts from what the job ``first`` made."""
    worker.start = worker.folder / "first/model"
    job = worker.job(name, **options)
    inputs = replace(job.stage.inputs, with_head=True)
    return replace(job, stage=replace(job.stage, inputs=inputs))


@pytest.mark.parametrize("kind", [Classify(), Headed()], ids=["transformers", "own"])
def test_the_head_and_the_body_are_those_that_the_first_step_left(worker, kind):
    worker.kind = kind
    first = worker.job("first")
    train(first)
    model = training_setup(second(worker)).model
    left = [load_file(path) for path in sorted((first.folder / "model").glob("*.safetensors"))]
    expected = {name: weight for weights in left for name, weight in weights.items()}
    found = {name.removeprefix("body."): weight for name, weight in model.state_dict().items()}
    assert expected.keys() <= found.keys() and any(name.startswith(("classifier.", "head.")) for name in expected)
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())
    new = training_setup(worker.job("new")).model.state_dict()
    assert not all(torch.equal(new[name], weight) for name, weight in model.state_dict().items())


def test_a_killed_second_step_comes_to_the_same(worker):
    train(worker.job("first"))
    whole, killed = second(worker, "whole"), second(worker, "killed")
    train(whole)
    kill(killed, 3)
    train(killed)
    assert same(weights(killed), weights(whole))


def test_a_folder_without_a_head_is_an_error(worker, encoders):
    job = replace(second(worker), start=encoders["AutoModelForMaskedLM"])
    with pytest.raises(MissingError, match="not a complete"):
        training_setup(job)
