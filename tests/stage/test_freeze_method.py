"""The method freeze: what is frozen keeps its weights to the bit, alone and in a mixture, and all else learns."""

import pytest
import torch
from safetensors.torch import load_file
from test_multitask_training import MOOD, SIZE, mixed

from helpers.methods import RECIPE, check_resumed, made
from helpers.outcomes import weights
from xh.spec import StageError
from xh.training.setup import training_setup
from xh.training.trainer import train


def changed(before, after):
    """The parts of an encoder whose weights differ: embeddings, or a layer's number."""
    names = {name.partition("roberta.")[2] or name: name for name in after}
    there = {name.removeprefix("roberta."): weight for name, weight in before.items()}
    moved = [name for name, full in names.items() if name in there and not torch.equal(there[name], after[full])]
    return {name.split(".")[2] if "layer." in name else "embeddings" for name in moved}


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"layers": 0}, {"0", "1"}),
        ({"layers": 1}, {"1"}),
        ({"layers": 1, "embeddings": False}, {"embeddings", "1"}),
        ({"layers": 2}, set()),
    ],
)
def test_what_is_frozen_stays_and_the_rest_learns(worker, settings, wanted):
    worker.methods = (made("freeze", **settings),)
    job = worker.job(**RECIPE | {"epochs": 1})
    train(job)
    assert changed(load_file(worker.start / "model.safetensors"), weights(job)) == wanted


def test_a_killed_training_comes_to_the_same(worker, monkeypatch):
    worker.methods = (made("freeze", layers=1),)
    check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6)


def test_it_works_in_a_mixture(worker, monkeypatch):
    worker.methods = (made("freeze", layers=1),)
    whole = check_resumed(lambda name: mixed(worker, MOOD, SIZE, name=name, epochs=1), monkeypatch, 3)
    assert changed(load_file(worker.start / "model.safetensors"), whole) == {"1"}


def test_adapters_of_frozen_layers_stay_too(worker):
    worker.methods = (made("freeze", layers=1),)
    names = [
        name
        for name, weight in training_setup(worker.job(adapter="lora")).model.named_parameters()
        if weight.requires_grad
    ]
    assert not [name for name in names if "layer.0." in name]
    assert [name for name in names if "layer.1." in name and "lora_" in name]


def test_more_layers_than_there_are_is_an_error(worker):
    worker.methods = (made("freeze", layers=3),)
    with pytest.raises(StageError, match="this encoder has 2") as caught:
        training_setup(worker.job())
    assert "--set freeze.layers between 0 and 2" in caught.value.todo
