"""Damage is found, and a damaged stage is none."""

import json
import shutil

import pytest

from xh.spec import StorageError
from xh.store import Store


def truncate(folder):
    (folder / "scores.json").write_text("{}")


def lose_a_file(folder):
    (folder / "predictions" / "test-de.tsv").unlink()


def lose_the_record(folder):
    (folder / "stage.json").unlink()


def cut_the_record(folder):
    path = folder / "stage.json"
    path.write_text(path.read_text()[:100])


def write_a_list(folder):
    (folder / "stage.json").write_text("[]")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (truncate, "scores.json has 2 bytes instead of 14"),
        (lose_a_file, "predictions/test-de.tsv is missing"),
        (lose_the_record, "stage.json is missing or does not parse"),
        (cut_the_record, "stage.json is missing or does not parse"),
        (write_a_list, "stage.json is missing or does not parse"),
    ],
)
def test_a_damaged_stage_is_named_and_none(store, finish, damage, problem):
    whole, broken = finish(seed=1), finish(seed=2)
    damage(broken)
    assert store.verify() == {broken.name: [problem]}
    assert store.record(broken.name) is None
    assert [record.stage.id for record in store.records()] == [whole.name]


def test_every_damaged_file_is_named(store, finish):
    folder = finish()
    truncate(folder)
    lose_a_file(folder)
    assert len(store.verify()[folder.name]) == 2


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_stage_under_another_name_is_none(store, finish, move):
    folder = finish()
    other = folder.with_name("evaluate-demo-000000000000")
    move(folder, other)
    assert store.verify() == {other.name: [f"its record is that of {folder.name}"]}
    assert store.record(other.name) is None


def test_files_that_came_later_are_no_damage(store, finish):
    folder = finish()
    (folder / "notes.txt").touch()
    (store.stages / "README.txt").write_text("not a stage")
    assert store.verify() == {}
    assert store.ids() == [folder.name]


def test_a_store_of_a_newer_xh_is_refused(store):
    (store.root / "store.json").write_text(json.dumps({"schema": 99}))
    for way in (Store.open, Store.existing):
        with pytest.raises(StorageError, match="written by a newer xh") as caught:
            way(store.root)
        assert caught.value.exit_code == 5
        assert "Upgrade xh" in caught.value.todo


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "one"}'])
def test_a_store_whose_version_cannot_be_read_is_refused(store, text):
    (store.root / "store.json").write_text(text)
    with pytest.raises(StorageError, match=r"store\.json can't be read"):
        Store.open(store.root)


def test_there_is_no_store(tmp_path):
    with pytest.raises(StorageError, match="There is no store at"):
        Store.existing(tmp_path)


def test_a_stage_made_by_an_earlier_xh_keeps_its_name(store, finish):
    """When the records of tasks get another field, all names change; what is in the store stays what it is."""
    folder = finish()
    path = folder / "stage.json"
    document = json.loads(path.read_text())
    del document["stage"]["inputs"]["tasks"]["test"]["version"]
    document["stage"]["inputs"]["schema"] = 0
    path.write_text(json.dumps(document))
    (record,) = Store(store.root).records()
    assert record.stage.id == folder.name
    assert (store.verify(), store.gc()) == ({}, [])
    assert folder.exists()
