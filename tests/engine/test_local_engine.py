"""The local engine: one worker, replaced when it dies; what fails costs only what starts from it."""

from helpers.pretending import worker_pids
from xh.engine.listener import descendants
from xh.spec import MissingError, StageError

ALL = [
    "target none xquad",
    "evaluate none xquad",
    "evaluate none bucc",
    "intermediate squad",
    "target squad xquad",
    "evaluate squad xquad",
    "evaluate squad bucc",
]


def started(heard):
    return [text.removeprefix("start ") for text in heard if text.startswith("start ")]


def done(heard):
    return [text.removeprefix("done ") for text in heard if text.startswith("done ")]


def test_stages_run_in_order_in_one_worker(pretend, listening, runs):
    outcome = pretend({"intermediate squad": "log"}, listening)
    heard = listening.heard
    assert (heard[0], heard[-1]) == ("run of 7, 0 there", "end: 7 there, 0 failed")
    assert heard[1:3] == ["start target none xquad", "done target none xquad"]
    assert heard[7:10] == ["start intermediate squad", "log working", "done intermediate squad"]
    assert done(heard) == ALL
    assert (outcome.done, outcome.failed, outcome.interrupted) == (list(outcome.plan.stages), {}, False)
    assert len(worker_pids(runs)) == 1


def test_what_is_in_the_store_is_not_run_again(pretend, listening, runs):
    pretend({})
    outcome = pretend({}, listening)
    assert listening.heard == ["run of 7, 7 there", "end: 7 there, 0 failed"]
    assert (outcome.done, len(outcome.cached)) == ([], 7)
    assert len(worker_pids(runs)) == 1  # the first run's


def test_only_what_is_missing_is_run(pretend, listening):
    first = pretend({})
    lost = next(stage for stage in first.plan.stages.values() if stage.phase == "intermediate")
    (first.store.folder(lost.id) / "stage.json").unlink()
    assert pretend({}, listening).done == []  # nothing that is wanted starts from it any more
    for stage in first.plan.stages.values():
        if stage.purpose.inter == "squad" and stage.purpose.target == "bucc":
            (first.store.folder(stage.id) / "stage.json").unlink()
    listening.heard.clear()
    pretend({}, listening)
    assert started(listening.heard) == ["intermediate squad", "evaluate squad bucc"]


def test_what_another_process_made_is_said(pretend, listening):
    pretend({"evaluate none bucc": "cached"}, listening)
    assert "cached evaluate none bucc" in listening.heard


def test_a_failing_stage_costs_only_what_starts_from_it(pretend, listening):
    outcome = pretend({"target squad xquad": "fail"}, listening)
    assert done(listening.heard) == [name for name in ALL if name not in ("target squad xquad", "evaluate squad xquad")]
    assert "error target squad xquad: No rows." in listening.heard
    assert "start evaluate squad xquad" not in listening.heard
    assert listening.heard[-1] == "end: 5 there, 1 failed"
    ((failed, error),) = outcome.failed.items()
    assert outcome.plan.stages[failed].purpose.target == "xquad"
    assert (type(error), error.why, error.todo) == (MissingError, "None came.", "Wait.")
    (skipped,) = outcome.skipped
    assert outcome.plan.stages[skipped].inputs.parent == failed


def test_everything_below_a_failed_stage_is_left_out(pretend, listening):
    outcome = pretend({"intermediate squad": "fail"}, listening)
    assert done(listening.heard) == ALL[:3]
    assert len(outcome.skipped) == 3
    assert outcome.skipped == descendants(list(outcome.plan.stages.values()), set(outcome.failed))


def test_a_failed_stage_leaves_its_error_and_its_log(pretend):
    outcome = pretend({"evaluate none bucc": "fail"})
    (failed,) = outcome.failed
    kept = outcome.store.failed / failed
    assert (kept / "error.txt").read_text() == "No rows.\nNone came.\nWait.\n\nTraceback…"
    assert "working" in (kept / "log.jsonl").read_text()
    assert outcome.store.record(failed) is None


def test_a_failed_stage_is_tried_again_by_the_next_run(pretend, listening):
    pretend({"evaluate none bucc": "fail"})
    outcome = pretend({}, listening)
    assert started(listening.heard) == ["evaluate none bucc"]
    assert list(outcome.store.failed.iterdir()) == []


def test_a_worker_that_dies_is_replaced_and_the_stage_tried_again(pretend, listening, runs):
    outcome = pretend({"evaluate none bucc": "die once"}, listening)
    assert done(listening.heard) == ALL
    assert "log the worker died (signal 9); a new one tries again" in listening.heard
    assert started(listening.heard) == ALL
    assert outcome.failed == {}
    assert len(worker_pids(runs)) == 2


def test_a_worker_that_dies_twice_fails_the_stage(pretend, listening, runs):
    outcome = pretend({"evaluate none bucc": "die"}, listening)
    ((failed, error),) = outcome.failed.items()
    assert isinstance(error, StageError)
    assert error.what == "The worker died 2 times on this stage (signal 9)."
    assert "too little memory" in error.why
    assert "died 2 times" in (outcome.store.failed / failed / "error.txt").read_text()
    assert done(listening.heard) == [name for name in ALL if name != "evaluate none bucc"]
    assert len(worker_pids(runs)) == 3


def test_a_worker_that_can_never_start(pretend, listening, monkeypatch):
    monkeypatch.setattr("xh.engine.pool.COMMAND", ("false",))
    outcome = pretend({}, listening)
    assert {error.what for error in outcome.failed.values()} == {"The worker died 2 times on this stage (exit code 1)."}
    assert "worker.log" in next(iter(outcome.failed.values())).why
    assert len(outcome.failed) + len(outcome.skipped) == 7


def test_a_worker_that_babbles_is_replaced(pretend, listening, runs):
    outcome = pretend({"evaluate none bucc": "babble"}, listening)
    assert len(outcome.failed) == 1
    assert len(done(listening.heard)) == 6


def test_what_an_engine_only_says_is_done_has_failed(pretend, listening):
    outcome = pretend({"evaluate none bucc": "lie", "intermediate squad": "lie"}, listening)
    lost = {stage.purpose.target for stage in outcome.plan.stages.values() if stage.id in outcome.failed}
    assert "bucc" in lost and "not in the store" in str(next(iter(outcome.failed.values())))
    assert not {*outcome.done} & {*outcome.failed}
