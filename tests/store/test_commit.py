"""A stage is in the store wholly or not at all."""

import json
import os

import pytest

from xh.store import Store


def hidden(store: Store) -> list[str]:
    return [path.name for path in store.stages.iterdir() if path.name.startswith(".")]


def test_a_finished_stage_is_found_with_all_that_it_says(store, a_stage, finish):
    folder = finish()
    record = store.record(a_stage().id)
    assert record.stage == a_stage()
    assert record.files == {"predictions/test-de.tsv": 10, "scores.json": 14}
    assert (record.facts, record.versions, record.seconds) == ({"rows": 1}, {"xh": "0"}, 1.235)
    assert folder.name == a_stage().id
    assert hidden(store) == []


def test_a_stage_is_not_there_before_its_commit(store, a_stage):
    stage = a_stage()
    with store.work(stage) as folder:
        (folder / "scores.json").write_text("{}")
        assert store.record(stage.id) is None
        assert store.ids() == []
    assert hidden(store) == []


def test_the_record_is_written_after_everything_else(store, a_stage, monkeypatch):
    """And all of it is on the disk before the folder gets its name."""
    stage, flushed = a_stage(), []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(store.ids()), fsync(handle)))
    with store.work(stage) as folder:
        (folder / "scores.json").write_text("{}")
        store.commit(stage, folder, {}, {}, 0.0)
    assert flushed == [[], [], [stage.id]]  # the two files, then the folder that holds the new name
    assert "stage.json" not in store.record(stage.id).files


@pytest.mark.parametrize("failure", [ValueError("nonsense"), KeyboardInterrupt(), SystemExit(143)])
def test_work_that_fails_leaves_its_log_and_nothing_else(store, a_stage, failure):
    stage = a_stage()
    with pytest.raises(type(failure)), store.work(stage) as folder:
        (folder / "log.jsonl").write_text('{"step": 1}\n')
        (folder / "model").mkdir()
        raise failure
    assert (store.ids(), hidden(store)) == ([], [])
    assert (store.failed / stage.id / "log.jsonl").read_text() == '{"step": 1}\n'


def test_work_begins_in_an_empty_folder(store, a_stage):
    left = store.stages / f".work-{a_stage().id}"
    left.mkdir()
    (left / "half-written").touch()
    with store.work(a_stage()) as folder:
        assert list(folder.iterdir()) == []


def test_a_commit_replaces_a_damaged_stage_and_the_log_of_a_failure(store, a_stage, finish):
    folder = finish()
    (folder / "scores.json").unlink()
    (folder / "left-over").touch()
    store.fail(a_stage().id, "no memory")
    finish()
    assert store.record(a_stage().id)
    assert not (folder / "left-over").exists()
    assert list(store.failed.iterdir()) == []


def test_an_error_is_kept_where_a_user_finds_it(store, a_stage):
    store.fail(a_stage().id, "no memory")
    assert (store.failed / a_stage().id / "error.txt").read_text() == "no memory"


def test_a_second_store_on_the_same_folder_sees_the_stages(store, a_stage, finish):
    finish()
    assert [record.stage for record in Store.open(store.root).records()] == [a_stage()]
    assert json.loads((store.root / "store.json").read_text()) == {"schema": 1}
