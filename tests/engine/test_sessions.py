"""Interruptions, plugins that raise, and the run from Python."""

import os
import signal
import threading
import time

import pytest

import xh
from helpers.pretending import worker_pids
from xh.plugins import hookimpl
from xh.spec import StageError
from xh.store.progress import events


class Signaller:
    """Sends this process a signal when a stage says that it is at work."""

    def __init__(self, number):
        self.number = number

    @hookimpl
    def xh_phase_log(self):
        os.kill(os.getpid(), self.number)


class Raiser:
    """Raises wherever it is called."""

    @hookimpl
    def xh_run_start(self):
        raise ValueError("too early")

    @hookimpl
    def xh_phase_start(self):
        raise SystemExit(3)

    @hookimpl
    def xh_phase_end(self):
        raise OSError("no such wiki")

    @hookimpl
    def xh_run_end(self):
        raise ValueError("too late")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def hidden(outcome):
    return [path.name for path in outcome.store.stages.glob(".*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly(pretend, listening, runs, number):
    before = signal.getsignal(signal.SIGTERM)
    outcome = pretend({"intermediate squad": "hang"}, listening, Signaller(number))
    assert outcome.interrupted
    assert outcome.done == list(outcome.plan.stages)[:3]
    assert all(outcome.store.record(stage) for stage in outcome.done)
    assert listening.heard[-1] == "end: 3 there, 0 failed, interrupted"
    assert hidden(outcome) == []
    assert list(outcome.store.failed.iterdir()) == []
    assert [(run.outcome, run.done) for run in outcome.store.history()] == [("interrupted", 3)]
    assert not any(alive(pid) for pid in worker_pids(runs))
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_next_run_goes_on_where_an_interrupted_one_was(pretend, listening):
    pretend({"intermediate squad": "hang"}, Signaller(signal.SIGTERM))
    outcome = pretend({}, listening)
    assert listening.heard[0] == "run of 7, 3 there"
    assert (len(outcome.done), outcome.interrupted) == (4, False)


def test_a_stage_that_was_finished_in_the_last_moment_counts(pretend, runs):
    """The worker has committed it, but this process has not heard of that yet."""

    class AtTheEnd:
        @hookimpl
        def xh_phase_log(self, stage):
            deadline = time.monotonic() + 600
            while not (runs / "stages" / stage.id).exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    outcome = pretend({"target none xquad": "log"}, AtTheEnd())
    assert outcome.interrupted
    assert [outcome.plan.stages[stage].phase for stage in outcome.done] == ["target"]


def test_a_worker_that_does_not_listen_is_killed(pretend, runs, monkeypatch):
    monkeypatch.setattr("xh.engine.pool.GRACE", 0.2)
    assert pretend({"intermediate squad": "deaf"}, Signaller(signal.SIGINT)).interrupted
    assert not any(alive(pid) for pid in worker_pids(runs))


def test_plugins_that_raise_change_nothing(pretend, listening):
    outcome = pretend({}, Raiser(), listening)
    assert (len(outcome.done), outcome.failed) == (7, {})
    assert listening.heard[-1] == "end: 7 there, 0 failed"
    log = (outcome.store.root / "hooks.log").read_text().splitlines()
    assert len(log) == 1 + 7 + 7 + 1
    assert log[0].startswith("xh_run_start of plugin ")
    assert log[0].endswith(" raised ValueError: too early")
    assert log[1].endswith(" raised SystemExit: 3")


def test_observers_are_gone_after_the_run(pretend, listening):
    pretend({}, listening)
    heard = list(listening.heard)
    pretend({})
    assert listening.heard == heard


def test_a_run_need_not_be_in_the_main_thread(pretend):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(pretend({})))
    thread.start()
    thread.join(600)
    assert len(outcomes[0].done) == 7


def test_from_python_a_failed_stage_is_an_error(pretend, runs):
    pretend({"evaluate none bucc": "fail"})  # sets what the worker does
    with pytest.raises(StageError, match=r"evaluate-bucc-.* failed: No rows") as caught:
        xh.run(inter=["none"], target=["bucc"], langs=["de"], runs=str(runs))
    assert "failed/evaluate-bucc-" in caught.value.todo


def test_what_is_forced_is_made_anew_though_all_of_it_was_there(pretend, listening):
    pretend({}, keep="all")
    outcome = pretend({}, listening, keep="all", force=("squad",))
    assert (len(outcome.done), len(outcome.cached), hidden(outcome)) == (6, 1, [])
    assert outcome.done == list(outcome.plan.locations.anew)
    assert sum(line.startswith("done") for line in listening.heard) == 6


def test_a_forced_training_is_not_skipped_because_its_model_was_dropped(pretend):
    pretend({}, keep="none")
    outcome = pretend({}, keep="none", force=("intermediate-squad",))
    assert {*outcome.done} == {*outcome.plan.locations.anew} and not outcome.failed


def test_a_forced_stage_that_fails_leaves_what_was_there(pretend):
    before = pretend({}, keep="all")
    outcome = pretend({"evaluate none bucc": "fail"}, force=("bucc",), keep="all")
    (failed,) = outcome.failed
    assert outcome.store.record(failed) and failed in before.done


def test_an_engine_that_forgets_a_forced_stage_is_found_out(pretend, monkeypatch):
    pretend({}, keep="all")
    monkeypatch.setattr("xh.engine.session.resolve", lambda reference: lambda *_: None)
    outcome = pretend({}, force=("bucc",), keep="all")
    assert {*outcome.failed} == {*outcome.plan.locations.anew}


def test_what_became_of_each_stage_is_written_for_who_follows(pretend):
    outcome = pretend({"evaluate none bucc": "fail", "intermediate squad": "die once"})
    (path,) = outcome.store.progress.iterdir()
    plan, *told = events(path)
    assert [each.id for each in plan.stages] == list(outcome.plan.stages)
    stages = {each.id: each.title for each in plan.stages}
    of = {}
    for each in told:
        of.setdefault(stages[each.stage], []).append((each.what, each.cached, each.text))
    assert of["evaluate bucc"] == [
        ("began", False, ""), ("said", False, "working"), ("failed", False, "No rows.\nNone came.\nWait."),
    ]  # fmt: skip
    assert [(what, text[:15]) for what, _, text in of["intermediate squad, seed 1"]] == [
        ("began", ""), ("said", "the worker died"), ("done", ""),
    ]  # fmt: skip
    assert of["target xquad, seed 1"] == [("began", False, ""), ("done", False, "")]


def test_a_run_whose_course_cannot_be_written_goes_on(pretend, runs):
    runs.mkdir()
    (runs / "progress").write_text("no folder")
    assert pretend({}).failed == {}
