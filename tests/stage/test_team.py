"""Several processes that train together: what one of them meets, all hear of."""

import pytest
import torch
from changes import before_losses
from msgspec.structs import replace
from torch.distributed import barrier, get_rank

from xh.data.places import Places
from xh.plan import Request, build
from xh.plan.recipes import parse_overrides
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
    """A training where the second process has room for two inputs at once."""

    def run_out(inputs):
        if rank() == 1 and len(inputs["labels"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    return train_in_pieces(replace(job, methods=(before_losses(run_out),)), pieces)


def test_where_one_lacks_memory_all_cut_their_parts(encoders, monkeypatch, tmp_path):
    registry = Registry(load())
    settings = ("batch_size=8", "epochs=1", "max_length=32", "precision=fp32", "select=last")
    request = Request(
        inter=(), target=("pawsx",), langs=("de",), model=str(encoders["AutoModel"]), limit_train=20,
        data=Places("sample"), runs=str(tmp_path),
        overrides=parse_overrides(f"pawsx.{setting}" for setting in settings),
    )  # fmt: skip
    plan, store, said = build(request, registry), Store.open(tmp_path), []
    stage = next(stage for stage in plan.stages.values() if stage.phase == "target")
    monkeypatch.setattr(trainer, "train_in_pieces", scarce)
    execute.execute(stage, replace(plan.locations, processes=2), registry, said.append)
    facts = store.record(stage.id).facts
    assert [facts[name] for name in ("processes", "pieces", "steps", "inputs")] == [2, 2, 3, 20]
    assert [entry["message"] for entry in said if "message" in entry] == ["too little memory: 2 of 8 inputs at once"]
