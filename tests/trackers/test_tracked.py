"""``--log``: what a tracker can't do to a run, and what is said before one begins."""

from pathlib import Path
from typing import ClassVar

import pytest

from helpers.running import answer_here
from xh.cli.main import main
from xh.engine.tracking import Tracked, parameters, scalars
from xh.plugins import registry
from xh.results.records import Results
from xh.spec import TrackerSpec


class Sick:
    """A tracker that prints, and raises where the folder's name says."""

    def __init__(self, store: Path) -> None:
        self.where = store.name
        print("a tracker begins")
        self._maybe("made")

    def begin(self, stage, title, parameters):
        self._maybe("begin")
        return self

    def log(self, scalars, step):
        self._maybe("log")

    def end(self, outcome):
        self._maybe(f"end {outcome}")

    def results(self, results, averages):
        self._maybe("results")

    def _maybe(self, where):
        if self.where == where:
            raise SystemExit("sick") if where == "log" else ValueError("sick")


SICK = TrackerSpec(name="sick", tracker=f"{__name__}:Sick")


@pytest.mark.parametrize("where", ["made", "begin", "log", "end finished", "end failed", "end interrupted", "results"])
def test_a_tracker_that_fails_is_named_once_and_told_nothing_more(training, where, capsys):
    said = []
    tracked = Tracked(SICK, Path(where), said.append)
    for _ in range(2):
        tracked.xh_phase_start(training)
        tracked.xh_phase_log(training, {"step": 1, "loss": 0.5})
        tracked.xh_phase_end(training, 1.0)
        tracked.xh_phase_start(training)
        tracked.xh_phase_error(training)
    tracked.xh_phase_start(training)
    tracked.xh_run_results(Results())
    tracked.xh_run_end()
    assert len(said) == 1
    assert said[0].startswith("--log sick failed, and the run goes on without it: ") and said[0].endswith("sick")
    assert capsys.readouterr().out == ""


class Diary(Sick):
    """A tracker that keeps what it is told."""

    told: ClassVar = []

    def begin(self, stage, title, parameters):
        self.told.append(title)
        return self

    def log(self, scalars, step):
        self.told.extend(scalars)

    def end(self, outcome):
        self.told.append(outcome)

    def results(self, results, averages):
        self.told.append((len(results.rows), *averages))


def test_a_run_tells_all_its_trackers_whatever_one_of_them_does(tiny, tmp_path):
    names = registry().trackers
    names.add("xh-diary", TrackerSpec(name="diary", tracker=f"{__name__}:Diary"))
    names.add("xh-diary", SICK)
    options = {"target": "tatoeba", "langs": "de", "limit-eval": 8, "data": "sample", "runs": "begin", "model": tiny}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    try:
        answer = answer_here(tmp_path, "run", *words, "--log", "sick,diary")
    finally:
        registry.cache_clear()
    assert answer.code == 0
    assert answer.err.count("--log sick failed, and the run goes on without it: ValueError: sick") == 1
    assert Diary.told == ["evaluate tatoeba", "accuracy/de", "seconds", "finished", (1, "tatoeba/none")]


def test_a_run_that_makes_nothing_is_not_tracked():
    said = []
    tracked = Tracked(SICK, Path("made"), said.append)
    tracked.xh_run_results(Results())
    tracked.xh_run_end()
    assert said == []


def test_numbers_of_a_log_are_named_by_what_they_are_of():
    assert dict(scalars({"step": 4, "steps": 8, "loss": 1.0, "own": 3, "done": True, "losses": {"a": 2.0}})) == {
        "loss": 1.0, "own": 3, "loss/a": 2.0,
    }  # fmt: skip
    assert dict(scalars({"lang": "de", "metric": "f1", "value": 70.0, "n": 9})) == {"f1/de": 70.0}
    assert dict(scalars({"encoded": 4, "sentences": 8})) == dict(scalars({"message": "step"})) == {}


def test_parameters_are_plain_and_name_no_folder(training):
    found = parameters(training)
    assert found["task"] == "squad" and found["recipe.epochs"] == training.inputs.recipe["epochs"]
    assert all(value is None or isinstance(value, str | int | float) for value in found.values())
    assert not [value for value in found.values() if isinstance(value, str) and value.startswith("/")]


def test_a_package_that_is_not_installed_ends_the_run_before_it_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xh.engine.tracking.find_spec", lambda name: None)
    assert main(["run", "--inter", "squad", "--target", "bucc", "--log", "wandb"]) == 2
    said = capsys.readouterr().err
    assert "--log wandb needs a package that is not installed." in said and "pip install wandb" in said
    assert list(tmp_path.iterdir()) == []


def test_a_tracker_that_nobody_knows_is_refused_with_the_nearest(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--inter", "squad", "--target", "bucc", "--log", "tensorbord"]) == 3
    assert "Did you mean 'tensorboard'?" in capsys.readouterr().err
