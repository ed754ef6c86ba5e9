"""An evaluation whose model was dropped has it made again, to the last bit; one without a parent says so."""

import hashlib

import pytest

from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import StorageError
from xh.stage.execute import execute
from xh.store import Store
from xh.store.litter import collect
from xh.store.models import drop_models
from xh.store.remove import remove


class Case:
    """A target that is trained, and its evaluation: ``make`` makes one of them."""

    def __init__(self, request: Request) -> None:
        self.found, self.said = Registry(load()), []
        self.plan, self.store = build(request, self.found), Store.open(request.runs)
        self.training, self.evaluation = self.plan.stages

    def make(self, stage: str) -> bool:
        return execute(self.plan.stages[stage], self.plan.locations, self.found, self.said.append)


@pytest.fixture
def case(encoders, tmp_path):
    settings = {"pawsx": {"epochs": 1, "max_length": 32, "precision": "fp32"}}
    request = Request(
        inter=("none",), target=("pawsx",), langs=("en",), model=str(encoders["AutoModel"]), data=Places("sample"),
        runs=str(tmp_path / "runs"), limit_train=16, limit_eval=8, overrides=settings,
    )  # fmt: skip
    return Case(request)


def test_a_dropped_model_is_made_again(case):
    store, training, evaluation = case.store, case.training, case.evaluation
    weights = store.folder(training) / "model" / "model.safetensors"
    assert [case.make(case.training), case.make(case.evaluation)] == [False, False]
    first, scores = hashlib.sha256(weights.read_bytes()).hexdigest(), store.record(evaluation).files["scores.json"]
    drop_models(store, training)
    assert case.make(case.evaluation) is True
    remove(store, [evaluation])
    assert case.make(case.evaluation) is False
    assert {"message": f"the model of {training} was deleted; it is trained again"} in case.said
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == first
    assert (store.record(evaluation).files["scores.json"], store.verify()) == (scores, {})


def test_a_parent_that_is_gone_is_said(case):
    with pytest.raises(StorageError, match="no longer in the store") as caught:
        case.make(case.evaluation)
    assert caught.value.why == f"{case.training} is missing or damaged."
    assert "same command again" in caught.value.todo


def test_a_model_with_other_weights_of_the_same_size_is_not_taken(case):
    store, training = case.store, case.training
    case.make(case.training)
    weights = store.folder(training) / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(StorageError, match=f"{training}, the parent of this stage, is damaged") as caught:
        case.make(case.evaluation)
    assert "model/model.safetensors is changed: its SHA-256 differs" in caught.value.why
    assert "xh store gc" in caught.value.todo
    assert store.ids() == [training]
    collect(store)
    assert [case.make(case.training), case.make(case.evaluation)] == [False, False]
    assert store.verify() == {}
