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


@pytest.fixture
def case(encoders, tmp_path):
    """A target that is trained, and its evaluation, with a function that makes one of them."""
    found = Registry(load())
    settings = {"pawsx": {"epochs": 1, "max_length": 32, "precision": "fp32"}}
    request = Request(
        inter=("none",), target=("pawsx",), langs=("en",), model=str(encoders["AutoModel"]), data=Places("sample"),
        runs=str(tmp_path / "runs"), limit_train=16, limit_eval=8, overrides=settings,
    )  # fmt: skip
    plan, said = build(request, found), []
    return Store.open(request.runs), [*plan.stages], lambda i: execute(
        plan.stages[[*plan.stages][i]], plan.locations, found, said.append
    ), said  # fmt: skip


def test_a_dropped_model_is_made_again(case):
    store, (training, evaluation), make, said = case
    weights = store.folder(training) / "model" / "model.safetensors"
    assert [make(0), make(1)] == [False, False]
    first, scores = hashlib.sha256(weights.read_bytes()).hexdigest(), store.record(evaluation).files["scores.json"]
    drop_models(store, training)
    assert make(1) is True
    remove(store, [evaluation])
    assert make(1) is False
    assert {"message": f"the model of {training} was deleted; it is trained again"} in said
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == first
    assert (store.record(evaluation).files["scores.json"], store.verify()) == (scores, {})


def test_a_parent_that_is_gone_is_said(case):
    _, (training, _), make, _ = case
    with pytest.raises(StorageError, match="no longer in the store") as caught:
        make(1)
    assert caught.value.why == f"{training} is missing or damaged."
    assert "same command again" in caught.value.todo


def test_a_model_with_other_weights_of_the_same_size_is_not_taken(case):
    store, (training, _), make, _ = case
    make(0)
    weights = store.folder(training) / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(StorageError, match=f"{training}, the parent of this stage, is damaged") as caught:
        make(1)
    assert "model/model.safetensors is changed: its SHA-256 differs" in caught.value.why
    assert "xh store gc" in caught.value.todo
    assert store.ids() == [training]
    collect(store)
    assert [make(0), make(1)] == [False, False]
    assert store.verify() == {}
