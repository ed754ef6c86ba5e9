"""Stages side by side: how many, with what, and that nothing else changes."""

import os
import signal

import pytest

from helpers.pretending import worker_pids
from xh.engine import jobs
from xh.engine.jobs import Memory, environments
from xh.plugins import hookimpl
from xh.spec import Locations, UsageError

GB = 10**9


def install_machine(monkeypatch, cores=8, gpus=(), memory=1000 * GB):
    """Have a machine with these cores, GPUs and free bytes of memory; a training takes 6 GB of it."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(jobs, "cores", lambda: cores)
    monkeypatch.setattr(jobs, "_has_gpu", lambda: bool(gpus))
    monkeypatch.setattr("xh.engine.device.visible", lambda: list(gpus))
    monkeypatch.setattr(jobs, "available", lambda: memory)
    monkeypatch.setattr(jobs, "peak", lambda stage, outline, where: (6 if stage.trains else 2) * GB)


@pytest.fixture
def plan(pretend):
    return pretend({}).plan


def find_workers(plan, number, device="auto", width=1):
    """The variables of the workers for the plan's seven stages, by ``--jobs`` and ``--device``."""
    more = {"jobs": number, "device": device, "gpus_per_stage": width}
    locations = Locations(store="", encoders=plan.locations.encoders, **more)
    names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
    stages = list(plan.stages.values())
    return [[env.get(name) for name in names] for env in environments(stages, locations)]


def test_several_workers_share_the_cores(monkeypatch, plan):
    install_machine(monkeypatch, cores=8)
    assert find_workers(plan, 1) == [[None, None]]
    assert find_workers(plan, 2) == [[None, "4"]] * 2
    assert find_workers(plan, "auto") == [[None, "2"]] * 4  # no more than four of the stages can run side by side
    install_machine(monkeypatch, cores=2)
    assert find_workers(plan, "auto") == [[None, "1"]] * 2
    assert find_workers(plan, 3) == [[None, "1"]] * 3


def test_threads_that_the_user_chose_stay(plan, monkeypatch):
    install_machine(monkeypatch)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert find_workers(plan, 2) == [[None, "3"]] * 2


def test_each_worker_has_a_gpu(monkeypatch, plan):
    install_machine(monkeypatch, gpus=("2", "5"))
    assert find_workers(plan, "auto") == [["2", None], ["5", None]]
    assert find_workers(plan, 3) == [["2", None], ["5", None], ["2", None]]
    assert find_workers(plan, "auto", "cuda:1") == [[None, None]]
    assert find_workers(plan, "auto", "cpu") == [[None, "2"]] * 4


def test_where_trainings_may_have_several_gpus_each_has_a_worker(monkeypatch, plan):
    install_machine(monkeypatch, cores=8, gpus=("0", "1", "2", "3"))
    assert find_workers(plan, "auto", width=2) == [[each, None] for each in "0123"]
    assert find_workers(plan, 1, width=2) == [["0", None], ["1", None]]
    assert find_workers(plan, 3, width=2) == [[each, None] for each in "0123"]
    with pytest.raises(UsageError, match="needs as many GPUs; there are 4"):
        find_workers(plan, "auto", width=8)
    install_machine(monkeypatch, cores=8)
    assert find_workers(plan, 2, width=2) == [[None, "2"]] * 4


def test_there_are_no_more_workers_than_memory_holds(monkeypatch, plan):
    install_machine(monkeypatch, memory=14 * GB)
    assert find_workers(plan, "auto") == [[None, "4"]] * 2
    install_machine(monkeypatch, memory=1 * GB)
    assert find_workers(plan, "auto") == [[None, None]]
    training, evaluation = (next(s for s in plan.stages.values() if s.trains is trains) for trains in (True, False))
    install_machine(monkeypatch, memory=10 * GB)
    memory = Memory(plan.locations)
    assert memory.holds([training, evaluation])
    assert not memory.holds([training, training])


def test_two_workers_work_at_once_and_give_the_same(pretend, listening, runs):
    behaviour = {"target none xquad": "meet", "intermediate squad": "meet"}
    outcome = pretend(behaviour, listening, jobs=2)
    assert (len(outcome.done), outcome.failed, outcome.interrupted) == (7, {}, False)
    assert {*outcome.done} == {*outcome.plan.stages}
    assert len(worker_pids(runs)) == 2
    heard = listening.heard
    assert heard.index("start intermediate squad") < heard.index("done target none xquad")


def test_a_failing_stage_costs_only_what_starts_from_it(pretend):
    outcome = pretend({"intermediate squad": "fail"}, jobs=2)
    assert (len(outcome.done), len(outcome.failed), len(outcome.skipped)) == (3, 1, 3)


def test_a_dead_worker_costs_its_stage_one_try(pretend, listening, runs):
    outcome = pretend({"intermediate squad": "die once"}, listening, jobs=2)
    assert (len(outcome.done), outcome.failed) == (7, {})
    assert "log the worker died (signal 9); a new one tries again" in listening.heard
    assert len(worker_pids(runs)) == 3


def test_an_interruption_ends_all(pretend, runs):
    class Signaller:
        said = 0

        @hookimpl
        def xh_phase_log(self):
            self.said += 1
            if self.said == 2:
                os.kill(os.getpid(), signal.SIGINT)

    outcome = pretend({"intermediate squad": "hang", "target none xquad": "hang"}, Signaller(), jobs=2)
    assert outcome.interrupted and len(worker_pids(runs)) == 2
    for pid in worker_pids(runs):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_stage_waits_for_memory(pretend, listening, monkeypatch):
    install_machine(monkeypatch, memory=1)
    behaviour = {"target none xquad": "log"}
    pretend(behaviour, listening, jobs=2)
    starts = [text.split()[0] for text in listening.heard[1:-1] if not text.startswith("log")]
    assert starts == ["start", "done"] * 7


def test_side_by_side_under_a_launcher_is_refused(pretend, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="launcher started 2"):
        pretend({}, jobs=2)
