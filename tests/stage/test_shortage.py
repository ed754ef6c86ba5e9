"""Too little memory: a batch is cut into pieces, and remains the same batch."""

import pytest
import torch
import transformers
from msgspec.structs import replace

from helpers.changes import before_losses, before_steps
from helpers.tiny_encoders import CONFIG, save_encoder
from xh.kinds import supervised
from xh.kinds.rank import Rank
from xh.model import memory
from xh.spec import StageError
from xh.spec.examples import Examples
from xh.training.setup import training_setup
from xh.training.trainer import train

ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("CUDA error: out of memory."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
]


def leave_room(worker, inputs, error=ERRORS[0]):
    """Leave memory for so many inputs at once; returns the sizes that were tried, one per attempt."""
    tried = []

    def try_size(batch):
        tried.append(len(batch["labels"]))
        if tried[-1] > inputs:
            raise error

    worker.methods = (before_losses(try_size),)
    return tried


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:20])
def test_a_batch_is_cut_and_the_effective_batch_stays(worker, error):
    tried = leave_room(worker, 2, error)
    facts = train(worker.job(batch_size=8))
    assert (facts["pieces"], facts["steps"], facts["inputs"]) == (4, 5, 40)
    assert tried == [8, 4] + [2] * 20
    assert {"message": "too little memory: 2 of 8 inputs at once"} in worker.log


def test_losses_and_gradients_are_those_of_whole_batches(worker, tmp_path):
    """Without dropout, for which pieces draw otherwise."""
    config = transformers.XLMRobertaConfig(
        **CONFIG.to_diff_dict() | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    )
    worker.start = save_encoder("AutoModelForMaskedLM", tmp_path / "dry", config)
    recipe = {"epochs": 4, "learning_rate": 1e-4, "select": "last"}
    train(worker.job("whole", **recipe))
    leave_room(worker, 2)
    assert train(worker.job("pieces", **recipe))["pieces"] == 4
    logged = [[entry[name] for name in ("step", "loss", "grad_norm")] for entry in worker.log if "loss" in entry]
    assert logged[2:] == [pytest.approx(entry, rel=1e-2) for entry in logged[:2]]


def test_a_bi_encoder_compares_the_whole_batch_in_whatever_pieces_it_is_read(worker):
    task = replace(worker.job().train, kind="rank", labels=(), metric="map@20")
    words = [f"word{'y' * i}" for i in range(16)]
    worker.kind = Rank()
    worker.rows = dict.fromkeys(("train", "dev"), Examples({"query": words, "candidate": words[::-1]}, "mood train en"))
    seen = []

    def try_size(batch):
        seen.append((batch["comparable"].shape[1], batch.get("pieces", 1)))
        if seen[-1][1] < 4:
            raise ERRORS[0]

    worker.methods = (before_losses(try_size),)
    facts = train(worker.job(task=task, batch_size=8))
    assert (facts["pieces"], facts["steps"]) == (4, 2)
    assert seen == [(8, 1), (8, 2), (8, 4), (8, 4)]


def test_it_goes_on_from_what_was_saved(worker, monkeypatch):
    monkeypatch.setenv("XH_CHECKPOINT_SECONDS", "0")
    taken = []

    def run_out(batch):
        if taken[-1] == 3 and len(batch["labels"]) == 8:
            raise ERRORS[0]

    worker.methods = (before_steps(taken.append), before_losses(run_out))
    assert train(worker.job())["steps"] == 5
    assert taken == [0, 1, 2, 3, 3, 4]


def test_one_input_that_is_too_large_is_an_error(worker):
    tried = leave_room(worker, 0)
    with pytest.raises(StageError, match="too little memory for a single input") as caught:
        train(worker.job(batch_size=6))
    assert tried == [6, 3, 1, 1]  # at last with its layers computed again
    assert "max_length" in caught.value.todo


def test_other_errors_are_not_tried_again(worker):
    tried = leave_room(worker, 2, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes"):
        train(worker.job())
    assert tried == [8]


@pytest.mark.parametrize(("batch", "pieces"), [(1, [1]), (5, [1, 5]), (16, [1, 2, 4, 8, 16]), (24, [1, 2, 4, 8, 24])])
def test_the_pieces_of_a_batch_are_equal(batch, pieces):
    assert list(memory.pieces(batch)) == pieces


def test_evaluation_takes_fewer_inputs_at_once(worker, monkeypatch):
    """Where they do not fit, and only there; the outputs are the same."""
    job = worker.job()
    made = training_setup(job)
    features = job.kind.features(worker.rows["train"], made.tokenizer, job.recipe, train=False)

    def outputs():
        return [logits for (logits,) in supervised.forward(job.kind, made.model, made.tokenizer, features, job.recipe)]

    wanted, collate, tried = outputs(), supervised.collate, []

    def colliding(tokenizer, rows):
        tried.append(len(rows))
        if len(rows) > 10:
            raise ERRORS[0]
        return collate(tokenizer, rows)

    monkeypatch.setattr(supervised, "collate", colliding)
    found = outputs()
    assert tried == [40, 20, 10, 10, 20, 10, 10]
    assert all(abs(one - other).max() < 1e-5 for one, other in zip(found, wanted, strict=True))
