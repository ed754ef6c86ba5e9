"""``xh run`` with an engine that makes up its scores."""

import json

import pytest
from msgspec import defstruct
from msgspec.structs import replace

import xh as package
from xh.plugins import registry
from xh.spec import SpanTraining, StageError, TaskSpec, fingerprint, kinds
from xh.store import Store


def install_engine(monkeypatch, broken: str = "", stop: str = "") -> None:
    """Replace the engine; ``broken`` and ``stop`` name phases at which a stage fails or the user interrupts."""

    def run(stages, locations, listener):
        store = Store(locations.store)
        for stage in stages:
            if listener.blocked(stage):
                continue
            listener.started(stage)
            if stage.phase == stop:
                raise KeyboardInterrupt
            if stage.phase == broken:
                listener.failed(stage, StageError("The loss is NaN.", todo="Lower it."), "Traceback…")
                continue
            make(stage, store, listener)

    monkeypatch.setattr("xh.engine.local.run", run)


def make(stage, store, listener):
    with store.work(stage) as folder:
        if stage.phase == "evaluate":
            scores = [
                {"lang": lang, "metric": "accuracy", "value": 55.5, "n": 9, "main": True}
                for lang in stage.inputs.languages
            ]
            (folder / "scores.json").write_text(json.dumps({"scores": scores, "protocol": {}}))
            for score in scores:
                listener.logged(stage, score)
        else:
            (folder / "model").mkdir()
            (folder / "model" / "weights").write_text("weights")
            for step in range(1, 101):
                listener.logged(stage, {"step": step, "steps": 100, "loss": 2.0})
            listener.logged(stage, {"step": 100, "steps": 100, "dev": {"f1": 55.1}})
        store.commit(stage, folder, {}, {}, 2.0)
    listener.finished(stage, 2.0, False)


@pytest.fixture
def words(data, encoder):
    options = ["--inter", "squad", "--target", "tatoeba", "--langs", "de", "--data", data, "--model", encoder]
    return ["run", *options]


def test_a_run_prints_its_table_and_then_how_many_stages(xh, monkeypatch, words):
    install_engine(monkeypatch)
    answer = xh(*words)
    assert answer.code == 0
    assert ["de", "55.5", "55.5", "±0.0"] in [line.split() for line in answer.out.splitlines()]
    assert "Not XTREME scores: 9 test rows instead of 1,000" in answer.out
    assert answer.err.splitlines()[-1] == "3 stages run in 0 s, 0 already in runs."


def test_a_second_run_does_nothing(xh, monkeypatch, words):
    install_engine(monkeypatch)
    first = xh(*words)
    second = xh(*words)
    assert second == (0, first.out, "0 stages run, 3 already in runs: nothing to do.\n")


def test_json_is_all_there_is_on_stdout(xh, monkeypatch, words):
    install_engine(monkeypatch)
    answer = xh(*words, "--json")
    document = json.loads(answer.out)
    assert (document["schema"], len(document["rows"])) == (1, 2)


def test_progress_is_a_line_per_stage_and_for_its_languages_and_ten_per_training(xh, monkeypatch, words):
    install_engine(monkeypatch)
    lines = xh(*words).err.splitlines()[:-1]
    assert lines[:3] == ["[1/3] evaluate tatoeba", "[1/3]   accuracy  de 55.5", "[1/3]   done in 2.0 s"]
    training = [line for line in lines if line.startswith("[2/3]")]
    assert training[0] == "[2/3] intermediate squad, seed 1"
    assert training[1].startswith("[2/3]   10/100 steps  loss 2.000")
    assert training[-2:] == ["[2/3]   dev f1 55.1", "[2/3]   done in 2.0 s"]
    assert len(training) == 1 + 10 + 2


def test_what_has_no_data_is_said_before_the_start(xh, monkeypatch, words):
    install_engine(monkeypatch)
    words[words.index("de")] = "de,fr"
    lines = xh(*words).err.splitlines()
    assert lines[0] == "Warning: no data, so left out: tatoeba test fr (plan --json names the files)"


def test_a_failed_stage_is_named_with_its_log_and_the_others_reported(xh, monkeypatch, words):
    install_engine(monkeypatch, broken="intermediate")
    answer = xh(*words)
    assert answer.code == 1
    assert "55.5" in answer.out
    assert "failed: The loss is NaN.\n  Lower it.\n" in answer.err
    assert "Its log is in runs/failed/intermediate-squad-" in answer.err
    assert "Skipped because a parent stage failed: evaluate-tatoeba-" in answer.err


def test_an_interrupted_run_says_what_is_saved(xh, monkeypatch, words):
    install_engine(monkeypatch, stop="intermediate")
    answer = xh(*words)
    assert answer.code == 130
    expected = "Interrupted: 1 of 3 stages are saved; run the same command again to continue."
    assert answer.err.splitlines()[-1] == expected


@pytest.fixture
def replanned():
    """A function after which plugins are read anew, and at the end once more."""
    yield registry.cache_clear
    registry.cache_clear()
    fingerprint._defaults.cache_clear()


def test_an_edited_citation_makes_nothing_anew(xh, words, monkeypatch, replanned):
    install_engine(monkeypatch)
    xh(*words)
    made = TaskSpec
    monkeypatch.setattr("xh_tasks.tatoeba.TaskSpec", lambda **fields: made(**(fields | {"citation": "Someone 2030"})))
    replanned()
    assert registry().task("tatoeba").citation == "Someone 2030"
    assert xh(*words).err == "0 stages run, 3 already in runs: nothing to do.\n"


def test_a_new_setting_makes_nothing_anew_until_it_is_used(xh, words, monkeypatch, replanned):
    install_engine(monkeypatch)
    xh(*words)
    later = defstruct("SpanTraining", [("packing", bool, False)], bases=(SpanTraining,), frozen=True, kw_only=True)
    monkeypatch.setitem(kinds.KINDS, "span", replace(kinds.KINDS["span"], recipe=later))
    fingerprint._defaults.cache_clear()
    assert xh(*words).err == "0 stages run, 3 already in runs: nothing to do.\n"
    assert xh(*words, "--set", "squad.packing=true").err.splitlines()[-1] == "2 stages run in 0 s, 1 already in runs."


def test_a_damaged_stage_is_named_and_made_again(xh, monkeypatch, words, tmp_path):
    install_engine(monkeypatch)
    first = xh(*words)
    (folder,) = [path.parent for path in tmp_path.glob("runs/stages/evaluate-*/scores.json") if "squad" in stage(path)]
    (folder / "scores.json").write_text((folder / "scores.json").read_text().replace("55.5", "95.5"))
    again = xh(*words)
    why = "scores.json is changed: its SHA-256 differs"
    told = f"Warning: damaged, so not used: {folder.name} ({why}). xh store verify --runs runs reads all files."
    assert again.err.splitlines()[0] == told
    assert (again.out, again.err.splitlines()[-1]) == (first.out, "1 stage run in 0 s, 2 already in runs.")


def stage(path):
    return json.loads(path.with_name("stage.json").read_text())["stage"]["label"]["inter"]


def test_dropped_models_are_said(xh, monkeypatch, words):
    install_engine(monkeypatch)
    assert (
        "Deleted the models that are no longer needed: 7 bytes "
        "(adding a language later trains them again; --keep all keeps them)." in xh(*words, "--keep", "none").err
    )
    assert "model dropped" in xh("store", "ls").out
    assert xh(*words, "--keep", "none").err == "0 stages run, 3 already in runs: nothing to do.\n"


def test_a_run_is_recorded_as_it_was_typed(xh, monkeypatch, words):
    install_engine(monkeypatch, broken="intermediate")
    xh(*words)
    install_engine(monkeypatch)
    xh(*words, "--json")
    failed, finished = json.loads(xh("store", "runs", "--json").out)
    assert finished["command"] == ["xh", *words, "--json"]
    assert (failed["outcome"], finished["outcome"], finished["done"]) == ("failed", "finished", 2)
    lines = xh("store", "runs").out.splitlines()
    assert "failed" in lines[1] and "1 made, 0 there, 1 failed" in lines[1]
    assert lines[2].endswith(f"xh {' '.join(words)} --json")


def test_missing_data_are_all_named(xh, encoder, tmp_path):
    answer = xh("run", "--inter", "squad", "--target", "xquad", "--data", str(tmp_path), "--model", encoder)
    assert (answer.code, answer.out) == (6, "")
    assert "squad train en" in answer.err
    assert "xquad test ar, de, el, en, es, hi, ru, th, tr, vi, zh: no " in answer.err


def test_another_language_is_evaluated_alone_and_shown_in_one_table(xh, monkeypatch, words, data):
    install_engine(monkeypatch)
    words[words.index("tatoeba")] = "xquad"
    words += ["--keep", "all"]
    xh(*words)
    words[words.index("de")] = "de,es"
    second = xh(*words)
    assert second.err.splitlines()[-1] == "2 stages run in 0 s, 5 already in runs."
    lines = [line.split() for line in second.out.splitlines()]
    assert [line[0] for line in lines if line[1:] == ["55.5", "55.5", "±0.0"]] == ["de", "es", "average"]


def test_from_python_progress_is_shown_where_it_is_asked_for(monkeypatch, data, encoder, tmp_path, capsys):
    install_engine(monkeypatch)
    options = {"langs": "de", "data": data, "model": encoder, "runs": tmp_path / "runs"}
    assert len(package.run("squad", "tatoeba", **options, progress=True).rows) == 2
    shown = capsys.readouterr()
    assert "[2/3] intermediate squad, seed 1" in shown.err and "accuracy  de 55.5" in shown.err and shown.out == ""
    package.run("squad", "tatoeba", **options | {"runs": tmp_path / "other"})
    assert capsys.readouterr().err == ""
    words = Store(tmp_path / "runs").history()[0].command
    assert words[0] == "xh.run" and not [word for word in words if word.startswith("progress")]
