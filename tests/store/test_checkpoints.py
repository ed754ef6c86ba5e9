"""Checkpoints count when all of them was written, by the same versions; what doesn't count goes away."""

import json

import pytest

from helpers.made_stages import make_stage
from xh.spec import StorageError
from xh.store import Checkpoints
from xh.store.litter import collect

VERSIONS = {"xh": "1"}


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", VERSIONS)


def write_checkpoint(checkpoints, name, text="weights"):
    """Write the files of a checkpoint, unsealed."""
    folder = checkpoints.folder / name
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model" / "weights").write_text(text)
    (folder / "state.json").write_text("{}")
    return name


def names(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir()) if checkpoints.folder.exists() else []


def test_nothing_counts_before_it_is_sealed(checkpoints):
    assert checkpoints.latest() is None
    write_checkpoint(checkpoints, "checkpoint-5")
    assert checkpoints.latest() is None
    assert names(checkpoints) == []


def test_the_sealed_one_counts_and_the_others_go(checkpoints):
    for number in (1, 2, 3):
        write_checkpoint(checkpoints, f"checkpoint-{number}")
    checkpoints.seal("checkpoint-2", "checkpoint-1")
    assert checkpoints.latest() == checkpoints.folder / "checkpoint-2"
    assert names(checkpoints) == ["checkpoint-1", "checkpoint-2", "complete.json"]


def test_a_half_written_one_leaves_the_former_in_force(checkpoints):
    checkpoints.seal(write_checkpoint(checkpoints, "checkpoint-1"))
    write_checkpoint(checkpoints, "checkpoint-2")
    assert checkpoints.latest() == checkpoints.folder / "checkpoint-1"
    assert names(checkpoints) == ["checkpoint-1", "complete.json"]


def test_one_that_was_written_again_is_described_anew(checkpoints):
    checkpoints.seal(write_checkpoint(checkpoints, "checkpoint-1"))
    checkpoints.seal(write_checkpoint(checkpoints, "checkpoint-1", "other weights"))
    assert checkpoints.latest() == checkpoints.folder / "checkpoint-1"


def cut(folder):
    (folder / "checkpoint-2" / "model" / "weights").write_text("weigh")


def spoil(folder):
    (folder / "checkpoint-2" / "model" / "weights").write_text("Weights")


def lose(folder):
    (folder / "checkpoint-2" / "state.json").unlink()


def spoil_the_best(folder):
    (folder / "checkpoint-1" / "model" / "weights").write_text("Weights")


def cut_the_manifest(folder):
    path = folder / "complete.json"
    path.write_text(path.read_text()[:-5])


def edit(**fields):
    def edited(folder):
        path = folder / "complete.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return edited


EDITS = [
    edit(versions={"xh": "2"}),
    edit(latest="checkpoint-9"),
    edit(latest="../.."),
    edit(latest="nowhere", files={}),
    edit(files={"": [1, "0"]}),
    edit(files={"../../stages": [1, "0"]}),
]


@pytest.mark.parametrize("damage", [cut, spoil, lose, spoil_the_best, cut_the_manifest, *EDITS])
def test_a_damaged_one_is_never_gone_on_from(checkpoints, damage):
    for number in (1, 2):
        write_checkpoint(checkpoints, f"checkpoint-{number}")
    checkpoints.seal("checkpoint-2", "checkpoint-1")
    damage(checkpoints.folder)
    assert checkpoints.latest() is None
    assert names(checkpoints) == []


@pytest.mark.parametrize("failure", [ValueError("nonsense"), KeyboardInterrupt(), StorageError("No space.")])
def test_what_is_sealed_stays_where_the_work_fails(store, failure):
    stage = make_stage()
    with pytest.raises(type(failure)), store.checkpoints(stage.id, VERSIONS) as checkpoints:
        for name in ("checkpoint-1", "checkpoint-2"):
            (checkpoints.folder / name).mkdir(parents=True)
            (checkpoints.folder / name / "weights").touch()
        checkpoints.seal("checkpoint-1")
        (checkpoints.folder / "checkpoint-2").mkdir()
        raise failure
    assert names(Checkpoints(store.unfinished / stage.id, VERSIONS)) == ["checkpoint-1", "complete.json"]
    with store.checkpoints(stage.id, VERSIONS) as checkpoints:
        assert checkpoints.latest().name == "checkpoint-1"
    assert list(store.unfinished.iterdir()) == []


def test_gc_removes_those_that_nobody_works_on(store):
    stages = [make_stage(seed).id for seed in (1, 2)]
    for stage_id in stages:
        (store.unfinished / stage_id / "checkpoint-1").mkdir(parents=True)
    with store.lock(stages[0]):
        assert collect(store) == [store.unfinished / stages[1]]
    assert collect(store) == [store.unfinished / stages[0]]
