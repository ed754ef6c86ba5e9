"""Trainings whose batches have no padding take the same steps, and their record says so."""

from unittest.mock import Mock

import pytest
from msgspec.structs import replace
from test_multitask_training import MOOD, SIZE, mixed
from torch import nn

from helpers.changes import Changing
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.model import packing
from xh.training.trainer import train

CHEAP = {"adapter": "lora", "lora_rank": 4, "activation_checkpointing": True}


def undropped(setup, job):
    for module in setup.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def losses(worker, job):
    worker.log.clear()
    facts = train(replace(job, methods=(Changing(undropped),)))
    return facts.get("packed", False), [entry["loss"] for entry in worker.log if "loss" in entry]


@pytest.mark.parametrize("recipe", [{}, CHEAP], ids=["whole", "cheap"])
def test_a_training_takes_the_same_steps(worker, monkeypatch, recipe):
    recipe |= {"epochs": 2, "eval_every": 10}
    padded, expected = losses(worker, worker.job("padded", **recipe))
    monkeypatch.setattr(packing, "padded", Mock(wraps=packing.padded))
    monkeypatch.setenv(packing.PACK, "1")
    job = worker.job("packed", **recipe)
    packed, found = losses(worker, job)
    assert (padded, packed) == (False, True) and len(found) == 1
    assert found == pytest.approx(expected, rel=1e-3) and packing.padded.call_count > 10
    assert packing.NAME not in (job.folder / "model" / "config.json").read_text()


@pytest.mark.parametrize("reads", [False, True])
def test_a_mixture_has_no_padding_unless_a_loss_reads_it(worker, monkeypatch, reads):
    monkeypatch.setenv(packing.PACK, "1")
    if reads:
        monkeypatch.setattr(Classify, "reads_padding", Span.reads_padding)
    assert losses(worker, mixed(worker, MOOD, SIZE, epochs=1))[0] is not reads
    assert any(packing.PACK in entry.get("message", "") for entry in worker.log) == reads
