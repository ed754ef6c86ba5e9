"""``--gpus-per-stage``: which trainings have several GPUs, and which they are."""

import json

import pytest

from helpers.pretending import worker_pids
from xh.engine import width
from xh.engine.width import Width
from xh.plan import Request
from xh.spec import Locations, UsageError

GB = 10**9


@pytest.fixture
def training(pretend):
    return next(stage for stage in pretend({}).plan.stages.values() if stage.trains)


@pytest.mark.parametrize(
    ("free", "ready", "gpus"), [(8, 8, 1), (8, 9, 1), (8, 2, 4), (8, 1, 4), (3, 2, 1), (3, 1, 3), (1, 1, 1)]
)
def test_gpus_that_no_other_stage_would_have_help(training, free, ready, gpus):
    assert Width(Locations(store="", gpus_per_stage=4)).of(training, free, ready) == gpus


def test_an_evaluation_has_one(pretend):
    evaluation = next(stage for stage in pretend({}).plan.stages.values() if not stage.trains)
    assert Width(Locations(store="", gpus_per_stage=4)).of(evaluation, 8, 1) == 1


@pytest.mark.parametrize(("weights", "gpus"), [(3 * GB, 1), (4 * GB, 4)])
def test_a_body_for_which_one_is_too_small_waits_for_all(training, monkeypatch, weights, gpus):
    """16 bytes for each weight, on 80 GB."""
    monkeypatch.setattr(width, "model_size", lambda encoder, locations: 4 * weights)
    encoders = {training.inputs.encoder: None}
    found = Width(Locations(store="", encoders=encoders, gpus_per_stage=4), memory=80 * GB)
    assert (found.least(training), found.of(training, 8, 8)) == (gpus, gpus)


def read_orders(runs):
    """Of each order its phase, how many processes it is for, and their GPUs."""
    return [json.loads(line) for line in (runs / "orders.jsonl").read_text().splitlines()]


def test_a_training_that_is_alone_has_what_is_free(pretend, runs, monkeypatch):
    """The first of two steps, then the others, as many as there are GPUs."""
    monkeypatch.setattr("xh.engine.local.environments", lambda *_: [{"CUDA_VISIBLE_DEVICES": name} for name in "57"])
    monkeypatch.setattr("xh.engine.device.memory", lambda: 80 * GB)
    outcome = pretend({}, inter=("squad",), target=("xquad",), baseline=False, jobs="auto", gpus_per_stage=2)
    assert len(outcome.done) == 3
    assert read_orders(runs) == [["intermediate", 2, ["5", "7"]], ["target", 2, ["5", "7"]], ["evaluate", 1, []]]


def test_stages_that_are_ready_come_first(pretend, runs):
    outcome = pretend({"target none xquad": "meet", "intermediate squad": "meet"}, jobs=2)
    assert {processes for _, processes, _ in read_orders(runs)} == {1}
    assert len(outcome.done) == 7


def test_no_more_stages_run_than_jobs_says(pretend, runs):
    outcome = pretend({}, jobs=1, gpus_per_stage=2)
    assert (len(outcome.done), len(worker_pids(runs))) == (7, 1)
    assert {(phase, processes) for phase, processes, _ in read_orders(runs)} == {
        ("intermediate", 2), ("target", 2), ("evaluate", 1),
    }  # fmt: skip


def test_a_dead_worker_s_stage_has_as_many_again(pretend, runs):
    outcome = pretend({"intermediate squad": "die once"}, inter=("squad",), baseline=False, jobs=1, gpus_per_stage=2)
    assert outcome.failed == {}
    assert [processes for phase, processes, _ in read_orders(runs) if phase == "intermediate"] == [2, 2]


@pytest.mark.parametrize(
    ("device", "launched", "why"), [("cuda:1", "", "cuda:1 is one GPU"), ("cpu", "2", "A launcher started others")]
)
def test_it_does_not_go_with_one_gpu_or_a_launcher(monkeypatch, device, launched, why):
    from xh.engine.device import check_device

    if launched:
        monkeypatch.setenv("LOCAL_RANK", "0")
        monkeypatch.setenv("LOCAL_WORLD_SIZE", launched)
    with pytest.raises(UsageError) as error:
        check_device(Request(inter=(), target=(), device=device, gpus_per_stage=2))
    assert why in error.value.why
