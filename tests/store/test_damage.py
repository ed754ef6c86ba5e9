"""Damage is found, and a damaged stage is none."""

import hashlib
import json
import os
import shutil
import zipfile

import numpy as np
import pytest
from msgspec.structs import replace

import xh
from helpers.made_stages import finish_stage, make_stage
from xh.spec import Files, Hub, Inputs, Machine, Purpose, Stage, StorageError, TaskSpec
from xh.spec.method import AppliedMethod
from xh.store import File, Store
from xh.store.examples import example_counts
from xh.store.litter import collect
from xh.store.record import LAYOUT, Record, decoded, encoded


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


def write_without_end(folder):
    path = folder / "stage.json"
    path.write_text(path.read_text().replace('"facts": {', '"facts": {"a": ' + "[" * 10**5 + "]" * 10**5 + ", "))


def put_a_pipe(folder, name="stage.json"):
    """Whoever opens it would wait for ever."""
    (folder / name).unlink()
    os.mkfifo(folder / name)


def put_a_pipe_for_predictions(folder):
    put_a_pipe(folder, "predictions/test-de.tsv")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (truncate, "scores.json has 2 bytes instead of 14"),
        (lose_a_file, "predictions/test-de.tsv is missing"),
        (lose_the_record, "stage.json is missing or does not parse"),
        (cut_the_record, "stage.json is missing or does not parse"),
        (write_a_list, "stage.json is missing or does not parse"),
        (write_without_end, "stage.json is missing or does not parse"),
        (put_a_pipe, "stage.json is missing or does not parse"),
        (put_a_pipe_for_predictions, "predictions/test-de.tsv is missing"),
    ],
)
def test_a_damaged_stage_is_named_and_none(store, damage, problem):
    whole, broken = finish_stage(store, seed=1), finish_stage(store, seed=2)
    damage(broken)
    assert store.verify() == {broken.name: [problem]}
    assert store.record(broken.name) is None
    assert [record.stage.id for record in store.records()] == [whole.name]


def test_every_damaged_file_is_named(store):
    folder = finish_stage(store)
    truncate(folder)
    lose_a_file(folder)
    assert len(store.verify()[folder.name]) == 2


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_stage_under_another_name_is_none(store, move):
    folder = finish_stage(store)
    other = folder.with_name("evaluate-demo-000000000000")
    move(folder, other)
    assert store.verify() == {other.name: [f"its record is that of {folder.name}"]}
    assert store.record(other.name) is None


def test_files_that_came_later_are_named_and_no_damage(store):
    folder = finish_stage(store)
    (folder / "notes.txt").touch()
    (store.stages / "README.txt").write_text("not a stage")
    assert store.verify() == {folder.name: ["notes.txt is not in its record"]}
    assert (store.damaged(), collect(store)) == ({}, [])
    assert store.ids() == [folder.name]


@pytest.fixture
def full(store):
    """A stage with a file of every kind, and examples that add up to its scores."""
    stage = make_stage()
    scores = [{"lang": "de", "metric": "f1", "value": 39.0, "n": 100, "main": True}]
    with store.work(stage) as folder:
        for name in ("model/model.safetensors", "model/config.json", "predictions/demo/test-de.tsv", "log.jsonl"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"some bytes of " + name.encode())
        (folder / "scores.json").write_text(json.dumps({"scores": scores, "protocol": {}}))
        np.savez_compressed(folder / "examples.npz", **{"de/f1": np.array([[1, 1]] * 39 + [[0, 1]] * 61, float)})
        store.commit(stage, folder, {"rows": 1}, {"xh": xh.__version__}, 1.5)
    assert store.verify() == {}
    return store.folder(stage.id)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_one_byte_changed_in_any_file_is_found(store, full):
    files = names(full)
    assert len(files) == 7
    for name in files:
        before = (full / name).read_bytes()
        for place in {0, len(before) // 3, len(before) // 2, len(before) - 1}:
            (full / name).write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
            assert any(problem.startswith(name) for problem in store.verify()[full.name]), (name, place)
            assert store.verify(quick=True).keys() == ({full.name} if name in ("stage.json", "scores.json") else set())
        (full / name).write_bytes(before)
    assert store.verify() == {}


def test_every_byte_of_a_record_counts(store, full):
    """Blanks too: what is compared is the text of the file."""
    path = full / "stage.json"
    before = path.read_bytes()
    for place in range(0, len(before), 7):
        path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        assert store.look(full.name)[1], before[place - 20 : place + 20]
    path.write_bytes(before + b"\n")
    assert store.record(full.name) is None


def rewritten(folder, **changes):
    """Change a record as somebody would who knows how it is protected."""
    record = decoded((folder / "stage.json").read_bytes())
    (folder / "stage.json").write_text(encoded(replace(record, **changes)))


def test_an_edited_score_is_found_by_the_examples_too(store, full):
    (full / "scores.json").write_text((full / "scores.json").read_text().replace("39.0", "93.0"))
    rewritten(full, files={name: File((full / name).stat().st_size) for name in names(full) if name != "stage.json"})
    assert store.damaged() == {}
    said = "scores.json has f1 93.0000 for de; the examples give 39.0000"
    assert store.verify() == {full.name: [said]}


def an_object(folder):
    """What a pickle in it would call must not be called."""
    np.savez(folder / "examples.npz", **{"de/f1": np.array([[print, print]], object)})


def a_bomb(folder):
    with zipfile.ZipFile(folder / "examples.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("de/f1.npy", bytes(10**6))


def endless(folder):
    with zipfile.ZipFile(folder / "examples.npz", "w") as archive, archive.open("de/f1.npy", "w") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**15, 2)}
        np.lib.format.write_array_header_1_0(file, header)


def of_another_shape(folder):
    np.savez(folder / "examples.npz", **{"de/f1": np.ones((3, 3))})


def not_finite(folder):
    np.savez(folder / "examples.npz", **{"de/f1": np.full((3, 2), np.nan)})


def nonsense(folder):
    (folder / "examples.npz").write_bytes(b"PK nonsense")


@pytest.mark.parametrize("put", [nonsense, an_object, a_bomb, endless, of_another_shape, not_finite])
def test_examples_that_cannot_be_read_are_said_to_be(store, full, put, monkeypatch):
    monkeypatch.setattr("xh.store.examples.ROOM", 10**5)
    put(full)
    rewritten(full, files={name: File((full / name).stat().st_size) for name in names(full) if name != "stage.json"})
    (problem,) = store.verify()[full.name]
    assert problem.startswith("scores.json or examples.npz can't be read: ")
    with pytest.raises(StorageError, match=r"examples\.npz can't be read") as caught:
        example_counts(full)
    assert f"xh store rm {full.name}" in caught.value.todo


def test_other_inputs_under_an_old_name_are_found(store, full):
    """By the xh that made the stage; another may know more inputs, and would call it otherwise."""
    record = store.read(full.name)
    stage = replace(record.stage, inputs=replace(record.stage.inputs, seed=7))
    rewritten(full, stage=stage)
    assert store.verify() == {full.name: [f"it has the inputs of another stage (…-{stage.id[-12:]})"]}
    rewritten(full, stage=stage, versions={"xh": "0"})
    assert store.verify() == {}


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "predictions/../../escaped", ""])
def test_a_record_names_no_file_outside_its_stage(store, full, name):
    rewritten(full, files={name: File(1)})
    assert store.verify() == {full.name: ["stage.json is missing or does not parse"]}


def test_a_name_that_is_too_long_is_missing(store, full):
    rewritten(full, files={"a" * 300: File(1)})
    assert f"{'a' * 300} is missing" in store.verify()[full.name]


@pytest.mark.parametrize("finished", ["yesterday", "2026-01-01T00:00:00"])
def test_a_record_that_says_no_time_is_none(store, full, finished):
    rewritten(full, finished=finished)
    assert store.verify() == {full.name: ["stage.json is missing or does not parse"]}


def test_a_record_without_the_tasks_of_its_phase_is_none(store, full):
    stage = store.read(full.name).stage
    rewritten(full, stage=replace(stage, inputs=replace(stage.inputs, tasks={})))
    assert store.verify() == {full.name: ["stage.json is missing or does not parse"]}


def test_a_store_of_a_newer_xh_is_refused(store):
    (store.root / "store.json").write_text(json.dumps({"schema": 99}))
    for way in (Store.open, Store.existing):
        with pytest.raises(StorageError, match="written by a newer xh") as caught:
            way(store.root)
        assert caught.value.exit_code == 5
        assert "Upgrade xh" in caught.value.todo


def test_a_field_more_of_a_record_raises_the_layout():
    """Else an older xh that lacks the field takes all stages for damaged ones, and its gc removes them."""
    kinds = (Record, Stage, Inputs, TaskSpec, Hub, Files, AppliedMethod, Purpose, File, Machine)
    fields = json.dumps([each.__struct_fields__ for each in kinds])
    assert (LAYOUT, hashlib.sha256(fields.encode()).hexdigest()[:12]) == (4, "09b78a6be38e")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "one"}'])
def test_a_store_whose_version_cannot_be_read_is_refused(store, text):
    (store.root / "store.json").write_text(text)
    with pytest.raises(StorageError, match=r"store\.json can't be read"):
        Store.open(store.root)


def test_there_is_no_store(tmp_path):
    with pytest.raises(StorageError, match="There is no store at"):
        Store.existing(tmp_path)


def test_a_stage_made_by_an_earlier_xh_keeps_its_name(store):
    """When the records of tasks get another field, all names change; what is in the store stays what it is."""
    folder = finish_stage(store)
    path = folder / "stage.json"
    document = json.loads(path.read_text())
    del document["stage"]["inputs"]["tasks"]["test"]["version"], document["sha256"]
    document["stage"]["inputs"]["schema"] = document["schema"] = 0
    path.write_text(json.dumps(document))
    (record,) = Store(store.root).records()
    assert record.stage.id == folder.name
    assert (store.verify(), collect(store)) == ({}, [])
    assert folder.exists()


def test_documents_that_are_nested_too_deeply_are_damage(store):
    folder = finish_stage(store)
    deep = "[" * 100_000 + "]" * 100_000
    (folder / "stage.json").write_text(deep)
    assert store.look(folder.name) == (None, ["stage.json is missing or does not parse"])
    (store.root / "store.json").write_text(deep)
    with pytest.raises(StorageError, match="can't be read"):
        store.check_version()
