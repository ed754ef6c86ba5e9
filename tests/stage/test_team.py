"""Several processes that train together: what one of them meets, all hear of."""

import pytest
import torch
from msgspec.structs import replace
from torch import distributed

from xh.plan import Request, build
from xh.plan.recipes import parse_overrides
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import MissingError, Site, StageError
from xh.stage import execute, team, train
from xh.stage.team import together, told
from xh.store import Store

trained = train._trained


@pytest.fixture
def job(worker):
    return replace(worker.job(), site=Site(store="", encoder="", processes=2))


def rank():
    return distributed.get_rank()


def lacking(job):
    job.log({"message": f"process {rank()}"})
    what = told(lambda: f"No rows, says process {rank()}.")
    if rank() == 1:
        raise MissingError(what, todo="Fetch them.")
    distributed.barrier()  # where the other one will not come


def test_the_first_decides_and_speaks_for_all_and_an_error_of_any_is_everybodys(job, worker):
    with pytest.raises(MissingError, match="No rows, says process 0") as caught:
        together(lacking, job)
    assert caught.value.todo == "Fetch them."
    assert worker.log == [{"message": "process 0"}]


def test_what_nobody_foresaw_is_told_with_its_place():
    try:
        raise LookupError("odd")
    except LookupError as error:
        found = team._sendable(error)
    assert (type(found), str(found)) == (StageError, "LookupError: odd")
    assert f'File "{__file__}"' in found.__notes__[0]


def test_each_process_needs_a_gpu_where_there_are_any(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(StageError, match="2 processes need as many GPUs; there are 1"):
        together(lacking, job)


def scarce(job, pieces):
    """A training where the second process has room for two inputs at once."""
    step = train._StageTrainer.training_step

    def stepping(self, model, inputs, *rest):
        if rank() == 1 and len(inputs["labels"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return step(self, model, inputs, *rest)

    train._StageTrainer.training_step = stepping
    return trained(job, pieces)


def test_where_one_lacks_memory_all_cut_their_parts(encoders, monkeypatch, tmp_path):
    registry = Registry(load())
    execute.register(registry)
    settings = ("batch_size=8", "epochs=1", "max_length=32", "precision=fp32", "select=last")
    request = Request(
        inter=(), target=("pawsx",), langs=("de",), model=str(encoders["AutoModel"]), data="sample", limit_train=20,
        runs=str(tmp_path), overrides=parse_overrides(f"pawsx.{setting}" for setting in settings),
    )  # fmt: skip
    plan, store, said = build(request, registry), Store.open(tmp_path), []
    stage = next(stage for stage in plan.stages.values() if stage.phase == "target")
    monkeypatch.setattr(train, "_trained", scarce)
    execute.execute(stage, replace(plan.site, processes=2), registry, said.append)
    facts = store.record(stage.id).facts
    assert [facts[name] for name in ("processes", "pieces", "steps", "inputs")] == [2, 2, 3, 20]
    assert [entry["message"] for entry in said if "message" in entry] == ["too little memory: 2 of 8 inputs at once"]
