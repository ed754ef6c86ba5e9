"""A store that keeps adapters: what is handed on and evaluated is what would be without it."""

import pytest

from xh.data.places import Places
from xh.plan import Request, build
from xh.plan.disk import Models, disk
from xh.plan.estimate import pending
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec.stage import ADAPTER
from xh.stage.execute import execute
from xh.store import Store
from xh.store.models import drop_models
from xh.store.remove import remove

SHORT = {"epochs": 1, "max_length": 32, "precision": "fp32", "adapter": "lora", "lora_rank": 2, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def found():
    return Registry(load())


def make_store(encoders, tmp_path_factory, found, keep):
    """A store with mnli → pawsx, both with adapters, and its plan, by what is kept."""
    request = Request(
        inter=("mnli",), target=("pawsx",), langs=("en",), model=str(encoders["AutoModel"]), data=Places("sample"),
        runs=str(tmp_path_factory.mktemp(keep)), limit_train=16, limit_eval=8, keep=keep, baseline=False,
        overrides={"mnli": SHORT, "pawsx": SHORT},
    )  # fmt: skip
    plan, store = build(request, found), Store.open(request.runs)
    for stage in plan.stages.values():
        execute(stage, plan.locations, found, lambda entry: None)
    return store, plan


@pytest.fixture(scope="module")
def small(encoders, tmp_path_factory, found):
    return make_store(encoders, tmp_path_factory, found, "adapters")


@pytest.fixture(scope="module")
def whole(encoders, tmp_path_factory, found):
    return make_store(encoders, tmp_path_factory, found, "all")


def test_what_is_evaluated_is_the_same(small, whole):
    (store, plan), (other, same) = small, whole
    assert [*plan.stages] == [*same.stages]
    *_, evaluation = plan.stages
    scores, others = (each.record(evaluation).files["scores.json"].sha256 for each in (store, other))
    assert scores == others
    for training in [stage.id for stage in plan.stages.values() if stage.trains]:
        files, whole_files = (each.record(training).files for each in (store, other))
        assert f"model/{ADAPTER}" in files and "model/model.safetensors" not in files
        assert files[f"model/{ADAPTER}"].size < whole_files["model/model.safetensors"].size / 3
        assert store.record(training).adapted and not other.record(training).adapted
    assert store.verify() == {}
    assert not [*store.stages.glob("*/tmp*")] and not [*store.stages.glob(".*")]


def test_models_with_adapters_stay_and_take_little_room(small, whole):
    (_, plan), (_, same) = small, whole
    *trainings, evaluation = plan.stages.values()
    assert Models(plan.stages, "adapters").finished(evaluation) == []
    assert Models(plan.stages, "intermediate").finished(evaluation) == [trainings[-1].id]
    rooms = [
        disk(each.stages, [*each.stages.values()], keep, each.locations)
        for each, keep in ((plan, "adapters"), (same, "all"))
    ]
    assert rooms[0].stays < rooms[1].stays / 5


def test_what_adapters_belong_to_is_made_again(small, found):
    store, plan = small
    first, _, evaluation = plan.stages.values()
    scores = store.record(evaluation.id).files["scores.json"].sha256
    remove(store, [evaluation.id])
    drop_models(store, first.id)
    assert [stage.id for stage in pending(plan, store)[0]] == [first.id, evaluation.id]
    execute(evaluation, plan.locations, found, lambda entry: None)
    assert store.record(evaluation.id).files["scores.json"].sha256 == scores
    assert store.startable(first.id)


def test_adapters_of_a_stage_that_is_gone_are_named(encoders, tmp_path_factory, found):
    store, plan = make_store(encoders, tmp_path_factory, found, "adapters")
    first, second, _ = plan.stages.values()
    remove(store, [first.id])
    assert store.verify() == {
        second.id: [f"its adapters belong to the model of {first.id}, which is missing or damaged"]
    }
