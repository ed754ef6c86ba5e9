"""Trackers through their real packages, offline: what was told is read back from what they wrote."""

import io
import json
import sqlite3
from contextlib import redirect_stdout

import pytest

from helpers.tracked import tell_tracker


def test_tensorboard_has_a_folder_of_events_for_each_stage(tmp_path, results, kept, training):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", exc_type=ImportError)
    folder = tell_tracker(tmp_path, training, results, "tensorboard") / "tensorboard"
    stage = accumulator.EventAccumulator(str(folder / f"intermediate-squad-seed-1-{training.id[-12:]}")).Reload()
    found = {tag: {each.step: each.value for each in stage.Scalars(tag)} for tag in stage.Tags()["scalars"]}
    assert found == {name: pytest.approx(values) for name, values in kept.scalars.items()}
    assert {"parameters", "_hparams_/session_start_info"} == {*stage.Tags()["tensors"]}
    text = stage.Tensors("parameters")[0].tensor_proto.string_val[0].decode()
    assert "    recipe.learning_rate = " in text and "    seed = 1\n" in text
    last = accumulator.EventAccumulator(str(folder / "results")).Reload()
    assert {tag: last.Scalars(tag)[0].value for tag in last.Tags()["scalars"]} == kept.averages
    assert b"average" in last.Tensors("results")[0].tensor_proto.string_val[0]


def test_mlflow_has_a_run_for_each_stage(results, kept, training, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    mlflow = pytest.importorskip("mlflow", exc_type=ImportError)
    pytest.importorskip("sqlalchemy")
    tell_tracker(tmp_path, training, results, "mlflow")
    client = mlflow.MlflowClient()
    runs = client.search_runs([client.get_experiment_by_name("xh").experiment_id], order_by=["start_time"])
    assert sorted((run.info.run_name, run.info.status) for run in runs) == [
        ("intermediate squad, seed 1", "FAILED"), ("intermediate squad, seed 1", "FINISHED"), ("results", "FINISHED"),
    ]  # fmt: skip
    stage = next(run for run in runs if run.info.status == "FINISHED" and run.info.run_name != "results")
    found = {
        name: {each.step: each.value for each in client.get_metric_history(stage.info.run_id, name)}
        for name in stage.data.metrics
    }
    assert found == kept.scalars
    assert (stage.data.params["stage"], stage.data.params["recipe.epochs"]) == (training.id, "1.0")
    last = next(run for run in runs if run.info.run_name == "results")
    assert last.data.metrics == kept.averages
    assert "squad" in mlflow.artifacts.load_text(f"{last.info.artifact_uri}/results.txt")
    assert mlflow.artifacts.load_dict(f"{last.info.artifact_uri}/results.json")["columns"][0] == "inter"


def test_wandb_keeps_runs_here_when_it_is_offline(tmp_path, results, training, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb = pytest.importorskip("wandb", exc_type=ImportError)
    folder = tell_tracker(tmp_path, training, results, "wandb") / "wandb"
    wandb.teardown()  # its process has written all
    files = sorted(path.read_bytes() for path in folder.glob("offline-run-*/*.wandb"))
    stages = [found for found in files if b"intermediate squad, seed 1" in found]
    assert (len(files), len(stages)) == (3, 2)
    logged = max(stages, key=len)
    assert all(each in logged for each in (b"dev/target-dev/f1", b"learning_rate", training.id.encode(), b"12.5"))
    assert [b"bucc/squad/delta" in found for found in files].count(True) == 1


def test_trackio_keeps_runs_in_its_database(training, results, kept, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    pytest.importorskip("trackio", exc_type=ImportError)
    printed = io.StringIO()
    with redirect_stdout(printed):
        tell_tracker(tmp_path, training, results, "trackio")
    assert printed.getvalue() == ""
    with sqlite3.connect(tmp_path / "trackio" / "xh.db") as database:
        runs = database.execute("select run_name, step, metrics from metrics").fetchall()
    found = {}
    for run, step, metrics in runs:
        for name, value in json.loads(metrics).items():
            found.setdefault(run, {}).setdefault(name, {})[step] = value
    seconds = found["intermediate squad, seed 1"].pop("seconds")
    assert [*seconds.values()] == [12.5]
    assert found["intermediate squad, seed 1"] | {"seconds": {0: 12.5}} == kept.scalars
    (table,) = found["results"].pop("results").values()
    assert table["_value"][0]["delta"] == 1.0
    assert {name: next(iter(values.values())) for name, values in found["results"].items()} == kept.averages
