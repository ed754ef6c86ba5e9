"""Models go when nothing needs them any more, and only then; what they were good for stays."""

import json

import pytest
from msgspec.structs import replace

from helpers.made_stages import finish_stage, make_stage
from xh.spec import StorageError
from xh.store.litter import collect
from xh.store.models import drop_models


@pytest.fixture
def trained(store):
    """A stage with the models of two policies."""
    stage = make_stage()
    with store.lock(stage.id), store.work(stage) as folder:
        for name in ("model", "model-last", "model.txt"):
            if name.endswith(".txt"):
                (folder / name).write_text("no model")
                continue
            (folder / name).mkdir()
            (folder / name / "model.safetensors").write_bytes(b"weights")
        (folder / "log.jsonl").write_text("{}\n")
        store.commit(stage, folder, {"dev": {"f1": 55.0}}, {"xh": "0"}, 1.0)
    return store.folder(stage.id)


def test_only_the_models_go(store, trained):
    before = store.record(trained.name)
    assert drop_models(store, trained.name) == 14
    record = store.record(trained.name)
    assert sorted(path.name for path in trained.iterdir()) == ["log.jsonl", "model.txt", "stage.json"]
    assert record.dropped == ("model/model.safetensors", "model-last/model.safetensors")
    assert replace(record, files=before.files, dropped=(), sha256=before.sha256) == before
    assert (store.startable(trained.name), store.verify(), collect(store)) == (False, {}, [])
    assert [path.name for path in store.stages.iterdir()] == [trained.name]
    assert drop_models(store, trained.name) == 0


@pytest.mark.parametrize("again", ["drop", "gc"])
def test_a_kill_in_the_middle_leaves_nothing_for_ever(store, trained, monkeypatch, again):
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(type(trained), "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        drop_models(store, trained.name)
    assert not store.startable(trained.name) and (trained / "model").is_dir()
    if again == "drop":
        drop_models(store, trained.name)
    else:
        assert sorted(path.name for path in collect(store)) == ["model", "model-last"]
    assert sorted(path.name for path in trained.iterdir()) == ["log.jsonl", "model.txt", "stage.json"]
    assert store.verify() == {}


def test_what_is_made_again_takes_the_place_of_what_was_dropped(store, trained):
    drop_models(store, trained.name)
    finish_stage(store)
    assert store.startable(trained.name)
    assert [path.name for path in store.stages.iterdir()] == [trained.name]


def test_a_model_that_somebody_reads_stays(store, trained):
    with store.reading(trained.name, "evaluate-demo-000000000001") as record:
        assert record.files.keys() >= {"model/model.safetensors"}
        with store.reading(trained.name, "evaluate-demo-000000000002"):
            assert drop_models(store, trained.name) == 0
        assert drop_models(store, trained.name) == 0
    assert drop_models(store, trained.name) == 14
    with store.reading(trained.name, "evaluate-demo-000000000001") as record:
        assert record.dropped


def test_a_stage_that_is_being_made_stays(store, trained):
    with store.lock(trained.name):
        assert drop_models(store, trained.name) == 0
    assert store.startable(trained.name)


def test_a_stage_that_is_damaged_or_missing_has_nothing_to_drop(store, trained):
    (trained / "log.jsonl").unlink()
    assert drop_models(store, trained.name) == drop_models(store, "target-demo-000000000000") == 0
    assert (trained / "model").is_dir()


def test_a_disk_that_fails_is_said(store, trained, monkeypatch):
    monkeypatch.setattr("xh.store.models.write_text", lambda *_: (_ for _ in ()).throw(OSError("no disk")))
    with pytest.raises(StorageError, match="can't be written"):
        drop_models(store, trained.name)
    assert store.startable(trained.name)


def test_a_record_of_an_older_xh_stays_one(store, trained):
    path = trained / "stage.json"
    document = json.loads(path.read_text())
    document |= {"schema": 1, "files": {name: file["size"] for name, file in document["files"].items()}}
    del document["sha256"]
    path.write_text(json.dumps(document))
    assert drop_models(store, trained.name) == 14
    assert (store.record(trained.name).schema, store.verify()) == (1, {})
