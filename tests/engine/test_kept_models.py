"""What a run keeps of the models that it made, and how it comes by those that are gone."""

from contextlib import ExitStack

import pytest

import xh
from xh.plugins import hookimpl
from xh.spec import StorageError
from xh.spec.discreet import tilde
from xh.store import Store
from xh.store.merge import merge

TRAININGS = ["target none xquad", "intermediate squad", "target squad xquad"]


def models(outcome):
    """The trainings that have their model."""
    stages = outcome.plan.stages.values()
    trained = [stage for stage in stages if (outcome.store.folder(stage.id) / "model").is_dir()]
    return [" ".join(filter(None, (stage.phase, stage.purpose.inter, stage.purpose.target))) for stage in trained]


def started(listening):
    return [text.removeprefix("start ") for text in listening.heard if text.startswith("start ")]


@pytest.mark.parametrize(("keep", "left"), [("all", TRAININGS), ("intermediate", ["intermediate squad"]), ("none", [])])
def test_models_go_as_the_request_says(pretend, keep, left):
    outcome = pretend({}, keep=keep)
    assert models(outcome) == left
    assert len(outcome.dropped) == 3 - len(left)
    assert (outcome.store.verify(), len(list(outcome.store.records()))) == ({}, 7)


def test_a_run_with_dropped_models_is_finished(pretend, listening):
    pretend({}, keep="none")
    outcome = pretend({}, listening)
    assert (started(listening), len(outcome.cached), outcome.dropped) == ([], 7, {})


def test_a_finished_run_again_takes_nothing_away(pretend):
    pretend({}, keep="all")
    assert models(pretend({}, keep="none")) == TRAININGS


def test_a_dropped_model_is_made_again_where_a_new_evaluation_needs_it(pretend, listening):
    pretend({}, keep="none")
    outcome = pretend({}, listening, langs=("de", "es"), target=("xquad",), inter=("squad",), keep="all")
    assert started(listening)[-2:] == ["target squad xquad", "evaluate squad xquad"]
    assert "intermediate squad" in started(listening)
    assert models(outcome) == TRAININGS


def test_what_is_not_finished_keeps_its_model(pretend):
    outcome = pretend({"evaluate squad xquad": "fail"}, keep="none")
    assert models(outcome) == ["intermediate squad", "target squad xquad"]
    outcome = pretend({}, keep="none")
    assert models(outcome) == []


def test_an_interrupted_run_keeps_what_the_next_one_needs(pretend):
    class Impatient:
        @hookimpl
        def xh_phase_log(self):
            raise KeyboardInterrupt

    outcome = pretend({"evaluate squad xquad": "hang"}, Impatient(), keep="none")
    assert models(outcome) == ["intermediate squad", "target squad xquad"]


def test_a_model_that_another_run_reads_stays(pretend):
    class Reader:
        @hookimpl
        def xh_phase_end(self, stage):
            if stage.phase == "target" and stage.purpose.inter == "none":
                reading.enter_context(store.reading(stage.id, "evaluate-xquad-000000000000"))

    store = pretend({"target none xquad": "fail", "intermediate squad": "fail"}).store
    with ExitStack() as reading:
        assert models(pretend({}, Reader())) == ["target none xquad", "intermediate squad"]


def test_what_another_run_has_made_and_dropped_meanwhile_is_not_made_again(pretend, listening, runs):
    pretend({}, keep="none")
    other = Store(runs.rename(runs.with_name("other")))

    class Sharing:
        @hookimpl
        def xh_run_start(self):
            merge(Store(runs), other)

    outcome = pretend({}, Sharing(), listening)
    assert [text for text in listening.heard if text.startswith("cached")] == [f"cached {name}" for name in TRAININGS]
    assert (len(outcome.done), models(outcome)) == (7, [])


def test_a_model_that_cannot_be_removed_fails_nothing(pretend, monkeypatch):
    def fail(store, stage_id):
        raise StorageError("read-only")

    monkeypatch.setattr("xh.engine.outcome.drop_models", fail)
    outcome = pretend({})
    assert (len(outcome.done), outcome.failed) == (7, {})
    assert [error.what for error in outcome.undropped.values()] == ["read-only"] * 2


def test_runs_are_recorded(pretend, runs):
    pretend({"evaluate none bucc": "fail"})
    outcome = pretend({"evaluate none bucc": "done"})
    with pytest.raises(StorageError, match=r"scores\.json"):  # the pretender scores nothing
        xh.run(["none"], ["bucc"], langs=["de"], runs=str(runs))
    failed, finished, python = outcome.store.history()
    assert (failed.outcome, failed.done, failed.failed[0][:14]) == ("failed", 6, "evaluate-bucc-")
    assert (finished.outcome, finished.done, finished.cached) == ("finished", 1, 6)
    told = ("xh.run", "inter=('none',)", "target=('bucc',)", "langs=('de',)", f"runs={tilde(str(runs))!r}")
    assert (python.command, python.outcome) == (told, "finished")
