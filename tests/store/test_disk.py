"""Folders that can't be written and disks that are full."""

import errno
import os
from pathlib import Path

import pytest

from xh.cli.main import main
from xh.spec import StorageError
from xh.store import Store


@pytest.fixture
def full(monkeypatch):
    """From now on nothing more fits on the disk."""

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    def install():
        monkeypatch.setattr(os, "fsync", fail)
        monkeypatch.setattr(Path, "write_text", fail)

    return install


@pytest.fixture
def small_disk(tmpfs):
    """A real file system of 256 kB."""
    return tmpfs.mount("256k")


@pytest.mark.parametrize("where", ["file/runs", "file"])
def test_a_folder_that_cannot_be_made(tmp_path, where):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't be written") as caught:
        Store.open(tmp_path / where)
    assert "--runs" in caught.value.todo


def test_the_command_line_says_so_before_it_starts(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["run", "--target", "bucc", "--langs", "de", "--runs", str(tmp_path / "file" / "runs")]) == 5
    out, err = capsys.readouterr()
    assert out == ""
    assert "can't be written" in err
    assert "Traceback" not in err


def test_a_store_on_a_full_disk_is_not_opened(tmp_path, full):
    full()
    with pytest.raises(StorageError, match="No space left") as caught:
        Store.open(tmp_path / "runs")
    assert "xh store gc" in caught.value.todo


def test_a_commit_on_a_full_disk_leaves_nothing_behind(store, a_stage, finish, full):
    whole, stage = finish(seed=1), a_stage(2)
    with pytest.raises(StorageError, match="No space left"), store.work(stage) as folder:
        (folder / "log.jsonl").touch()
        full()
        store.commit(stage, folder, {}, {}, 0.0)
    assert [path.name for path in store.stages.iterdir()] == [whole.name]
    assert store.verify() == {}


def test_a_full_disk_hides_no_error(store, a_stage, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", no_space)
    with pytest.raises(ValueError, match="the cause"), store.work(a_stage()) as folder:
        (folder / "log.jsonl").touch()
        raise ValueError("the cause")


def test_a_disk_that_is_really_full(small_disk, a_stage):
    store = Store.open(small_disk / "runs")
    stage = a_stage(2)
    with store.work(a_stage(1)) as folder:
        (folder / "scores.json").write_text("{}")
        store.commit(a_stage(1), folder, {}, {}, 0.0)
    with pytest.raises(StorageError, match="No space left"), store.work(stage) as folder:
        with (folder / "model").open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096 and os.statvfs(small_disk).f_bavail:
                pass
        store.commit(stage, folder, {}, {}, 0.0)
    assert [path.name for path in store.stages.iterdir()] == [a_stage(1).id]
    assert store.record(a_stage(1).id)
    with store.work(stage) as folder:
        store.commit(stage, folder, {}, {}, 0.0)
    assert store.record(stage.id)
