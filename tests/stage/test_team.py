"""Several processes that train together: what one of them meets, all hear of."""

import pytest
import torch
import transformers
from msgspec.structs import replace
from safetensors.torch import load_file
from torch.distributed import barrier, get_rank

from helpers.changes import before_losses
from helpers.tiny_encoders import CONFIG, save_encoder
from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import Locations, MissingError, StageError
from xh.stage import execute
from xh.store import Store
from xh.training import distributed, trainer
from xh.training.distributed import broadcast, distribute
from xh.training.trainer import train_in_pieces


@pytest.fixture
def job(worker):
    return replace(worker.job(), locations=Locations(store="", processes=2))


def rank():
    return get_rank()


def lacking(job):
    job.log({"message": f"process {rank()}"})
    what = broadcast(lambda: f"No rows, says process {rank()}.")
    if rank() == 1:
        raise MissingError(what, todo="Fetch them.")
    barrier()  # where the other one will not come


def test_the_first_decides_and_speaks_for_all_and_an_error_of_any_is_everybodys(job, worker):
    with pytest.raises(MissingError, match="No rows, says process 0") as caught:
        distribute(lacking, job)
    assert caught.value.todo == "Fetch them."
    assert worker.log == [{"message": "process 0"}]


def test_what_nobody_foresaw_is_told_with_its_place():
    try:
        raise LookupError("odd")
    except LookupError as error:
        found = distributed._sendable(error)
    assert (type(found), str(found)) == (StageError, "LookupError: odd")
    assert f'File "{__file__}"' in found.__notes__[0]


def test_each_process_needs_a_gpu_where_there_are_any(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(StageError, match="2 processes need as many GPUs; there are 1"):
        distribute(lacking, job)


def scarce(job, pieces):
    """A training where the second process has no room for its whole part of a batch."""

    def run_out(inputs):
        if rank() == 1 and "pieces" not in inputs:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    return train_in_pieces(replace(job, methods=(before_losses(run_out),)), pieces)


def test_where_one_lacks_memory_all_cut_their_parts_and_a_query_has_the_wrong_answers_of_all(monkeypatch, tmp_path):
    """Losses and weights are those of one process, the last batch, of 4 rows and 3 wrong answers, among them."""
    registry = Registry(load())
    dry = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), 0.0)
    config = transformers.XLMRobertaConfig(**CONFIG.to_diff_dict() | dry)
    recipe = {"batch_size": 8, "epochs": 1, "max_length": 32, "max_query": 32, "precision": "fp32"}
    recipe |= {"select": "last", "learning_rate": 1e-3, "temperature": None}
    request = Request(
        inter=("nli_pairs",), target=("tatoeba",), langs=("de",), limit_train=84, data=Places("sample"),
        model=str(save_encoder("AutoModel", tmp_path / "dry", config)), runs=str(tmp_path / "one"),
        overrides={"nli_pairs": recipe, "tatoeba": {"max_length": 32}},
    )  # fmt: skip
    plan = build(request, registry)
    stage = next(stage for stage in plan.stages.values() if stage.phase == "intermediate")
    losses, weights = [], []
    for processes in (1, 2):
        store, said = Store.open(tmp_path / str(processes)), []
        places = replace(plan.locations, store=str(store.root), processes=processes)
        execute.execute(stage, places, registry, said.append)
        losses.append([entry["loss"] for entry in said if "loss" in entry])
        weights.append(load_file(store.folder(stage.id) / "model" / "model.safetensors"))
        monkeypatch.setattr(trainer, "train_in_pieces", scarce)
    facts = store.record(stage.id).facts
    assert [facts[name] for name in ("processes", "pieces", "steps", "inputs")] == [2, 2, 11, 84]
    assert [entry["message"] for entry in said if "message" in entry] == ["too little memory: 2 of 8 inputs at once"]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5) and losses[0]
    for name, found in weights[1].items():
        if not name.endswith("key.bias"):  # no loss depends on it: its gradients are roundings
            assert torch.allclose(found, weights[0][name], atol=1e-6), name
