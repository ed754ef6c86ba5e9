"""Folders that can't be written and disks that are full."""

import errno
import os
from pathlib import Path

import pytest

from helpers.made_stages import finish_stage, make_stage
from xh.cli.main import main
from xh.spec import StorageError
from xh.store import Store


def fill_disk(monkeypatch):
    """From now on nothing more fits on the disk."""

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(Path, "write_text", fail)


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


def test_a_store_on_a_full_disk_is_not_opened(tmp_path, monkeypatch):
    fill_disk(monkeypatch)
    with pytest.raises(StorageError, match="No space left") as caught:
        Store.open(tmp_path / "runs")
    assert "xh store gc" in caught.value.todo


def test_a_commit_on_a_full_disk_leaves_nothing_behind(store, monkeypatch):
    whole, stage = finish_stage(store, seed=1), make_stage(2)
    with pytest.raises(StorageError, match="No space left"), store.work(stage) as folder:
        (folder / "log.jsonl").touch()
        fill_disk(monkeypatch)
        store.commit(stage, folder, {}, {}, 0.0)
    assert [path.name for path in store.stages.iterdir()] == [whole.name]
    assert store.verify() == {}


def test_a_full_disk_hides_no_error(store, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", no_space)
    with pytest.raises(ValueError, match="the cause"), store.work(make_stage()) as folder:
        (folder / "log.jsonl").touch()
        raise ValueError("the cause")


def test_a_disk_that_is_really_full(small_disk):
    store = Store.open(small_disk / "runs")
    stage = make_stage(2)
    with store.work(make_stage(1)) as folder:
        (folder / "scores.json").write_text("{}")
        store.commit(make_stage(1), folder, {}, {}, 0.0)
    with pytest.raises(StorageError, match="No space left"), store.work(stage) as folder:
        with (folder / "model").open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096 and os.statvfs(small_disk).f_bavail:
                pass
        store.commit(stage, folder, {}, {}, 0.0)
    assert [path.name for path in store.stages.iterdir()] == [make_stage(1).id]
    assert store.record(make_stage(1).id)
    with store.work(stage) as folder:
        store.commit(stage, folder, {}, {}, 0.0)
    assert store.record(stage.id)
