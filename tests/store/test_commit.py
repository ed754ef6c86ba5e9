"""A stage is in the store wholly or not at all."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
from threading import Event, Thread

import pytest

from helpers.made_stages import finish_stage, make_stage
from xh.spec import StorageError
from xh.store import Store, folders
from xh.store.folders import beside
from xh.store.record import LAYOUT


def hidden(store: Store) -> list[str]:
    return [path.name for path in store.stages.iterdir() if path.name.startswith(".")]


def test_a_finished_stage_is_found_with_all_that_it_says(store):
    folder = finish_stage(store)
    record = store.record(make_stage().id)
    assert record.stage == make_stage()
    assert {name: file.size for name, file in record.files.items()} == {
        "predictions/test-de.tsv": 10,
        "scores.json": 14,
    }
    assert record.files["scores.json"].sha256 == hashlib.sha256(b'{"scores": []}').hexdigest()
    assert (record.facts, record.versions, record.seconds) == ({"rows": 1}, {"xh": "0"}, 1.235)
    assert folder.name == make_stage().id
    assert hidden(store) == []


def test_a_stage_is_not_there_before_its_commit(store):
    stage = make_stage()
    with store.work(stage) as folder:
        (folder / "scores.json").write_text("{}")
        assert store.record(stage.id) is None
        assert store.ids() == []
    assert hidden(store) == []


def test_the_record_is_written_after_everything_else(store, monkeypatch):
    """And all of it is on the disk before the folder gets its name."""
    stage, flushed = make_stage(), []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(store.ids()), fsync(handle)))
    with store.work(stage) as folder:
        (folder / "scores.json").write_text("{}")
        store.commit(stage, folder, {}, {}, 0.0)
    assert flushed == [[], [], [], [stage.id]]  # the two files, their folder, then the one that holds the new name
    assert "stage.json" not in store.record(stage.id).files


@pytest.mark.parametrize("failure", [ValueError("nonsense"), SystemExit(3)])
def test_work_that_fails_leaves_its_log_and_nothing_else(store, failure):
    stage = make_stage()
    with pytest.raises(type(failure)), store.work(stage) as folder:
        (folder / "log.jsonl").write_text('{"step": 1}\n')
        (folder / "model").mkdir()
        raise failure
    assert (store.ids(), hidden(store)) == ([], [])
    assert (store.failed / stage.id / "log.jsonl").read_text() == '{"step": 1}\n'


class Terminated(BaseException):
    """What the worker raises on SIGTERM."""


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), Terminated()])
def test_an_interruption_is_no_failure(store, interruption):
    with pytest.raises(type(interruption)), store.work(make_stage()) as folder:
        (folder / "log.jsonl").write_text('{"step": 1}\n')
        raise interruption
    assert (store.ids(), hidden(store), list(store.failed.iterdir())) == ([], [], [])


def test_what_a_killed_process_of_this_machine_left_goes_when_the_stage_is_made(store):
    with subprocess.Popen(["true"]) as process:
        process.wait()
    name = beside(store.folder(make_stage().id), ".work-").name
    elsewhere = name.replace("~", "~elsewhere-")
    odd = [name.rpartition("-")[0], name.replace(f"-{os.getpid()}-", f"-{9**99}-")]
    others = [name.replace(f"-{os.getpid()}-", f"-{process.pid}-"), name, elsewhere, *odd]
    for each in others:
        (store.stages / each).mkdir()
    with store.work(make_stage()) as folder:
        assert sorted(hidden(store)) == sorted([name, elsewhere, *odd, folder.name])


def test_two_attempts_at_one_stage_have_folders_of_their_own(store):
    with store.work(make_stage()) as one, store.work(make_stage()) as other:
        (one / "half-written").touch()
        assert list(other.iterdir()) == []


def test_a_commit_replaces_a_damaged_stage_and_the_log_of_a_failure(store):
    folder = finish_stage(store)
    (folder / "scores.json").unlink()
    (folder / "left-over").touch()
    store.fail(make_stage().id, "no memory")
    finish_stage(store)
    assert store.record(make_stage().id)
    assert not (folder / "left-over").exists()
    assert list(store.failed.iterdir()) == []


def test_an_error_is_kept_where_a_user_finds_it(store):
    store.fail(make_stage().id, "no memory")
    assert (store.failed / make_stage().id / "error.txt").read_text() == "no memory"


def test_a_second_store_on_the_same_folder_sees_the_stages(store):
    finish_stage(store)
    assert [record.stage for record in Store.open(store.root).records()] == [make_stage()]
    assert json.loads((store.root / "store.json").read_text()) == {"schema": LAYOUT}


def test_a_file_system_that_says_every_name_is_taken_is_an_error(store, monkeypatch):
    def taken(path, target):
        raise OSError(errno.ENOTEMPTY, "Directory not empty", str(path))

    with store.work(make_stage()) as folder:
        monkeypatch.setattr("pathlib.Path.rename", taken)
        with pytest.raises(StorageError, match="can't be written"):
            store.commit(make_stage(), folder, {}, {}, 0.0)
    assert store.ids() == []


def test_a_whole_stage_stays_when_it_is_made_again(store):
    folder = finish_stage(store)
    before = (folder / "stage.json").stat().st_ino
    finish_stage(store)
    assert (folder / "stage.json").stat().st_ino == before
    assert hidden(store) == []


def test_finishers_without_locks_never_show_a_reader_half_a_stage(store):
    """Locks may not work on a network's file system. Two finish a stage that is damaged, again and again."""
    folder, done, seen, failures = finish_stage(store), Event(), [], []

    def make():
        try:
            for number in range(100):
                with store.work(make_stage()) as work:
                    (work / "scores.json").write_text('{"scores": []}')
                    store.commit(make_stage(), work, {"rows": number}, {}, 0.0)
                if number % 3 == 0:
                    (folder / "scores.json").unlink(missing_ok=True)
        except Exception as error:
            failures.append(error)

    def look():
        while not done.is_set():
            if (record := store.record(make_stage().id)) and record.files.keys() != {"scores.json"}:
                seen.append(record)

    (folder / "predictions" / "test-de.tsv").unlink()
    makers, reader = [Thread(target=make) for _ in range(2)], Thread(target=look)
    for thread in (*makers, reader):
        thread.start()
    for thread in makers:
        thread.join()
    done.set()
    reader.join()
    assert (failures, seen, hidden(store)) == ([], [], [])


def test_a_stage_that_became_whole_in_the_last_moment_is_not_removed(store, monkeypatch):
    """Between a look at a damaged stage and its removal another finisher may have put a whole one there."""
    folder = finish_stage(store)
    (folder / "scores.json").unlink()
    look = folders.whole

    def late(path):
        found = look(path)
        if path == folder and not found:
            monkeypatch.setattr(folders, "whole", look)
            shutil.rmtree(folder)
            with store.work(make_stage()) as work:
                store.commit(make_stage(), work, {"by": "the other"}, {}, 0.0)
        return found

    monkeypatch.setattr(folders, "whole", late)
    finish_stage(store)
    assert store.record(make_stage().id).facts == {"by": "the other"}
    assert hidden(store) == []


@pytest.fixture(params=["in one step", "in two"])
def exchange(request, monkeypatch):
    """A file system that can exchange names, and one that can't."""
    if request.param == "in two":
        monkeypatch.setattr(folders, "_exchange", lambda folder, final: False)


def remake(store, text: str) -> None:
    """Make the stage anew."""
    with store.lock(make_stage().id), store.work(make_stage()) as folder:
        (folder / "scores.json").write_text(text)
        store.commit(make_stage(), folder, {}, {"xh": "1"}, 1.0, anew=True)


def test_a_stage_that_is_made_anew_takes_the_place_of_the_old_one(store, exchange):
    folder = finish_stage(store)
    remake(store, '{"scores": [ ]}')
    assert (folder / "scores.json").read_text() == '{"scores": [ ]}'
    assert store.record(make_stage().id).versions == {"xh": "1"}
    assert store.verify() == {} and hidden(store) == []


def test_a_stage_is_made_anew_where_there_is_none(store, exchange):
    remake(store, '{"scores": []}')
    assert store.record(make_stage().id) and hidden(store) == []


def test_work_that_fails_leaves_the_stage_that_was_to_be_replaced(store):
    finish_stage(store)
    with pytest.raises(ZeroDivisionError), store.work(make_stage()):
        raise ZeroDivisionError
    assert store.record(make_stage().id).versions == {"xh": "0"}


def test_a_stage_that_is_replaced_is_there_all_the_time(store, tmp_path):
    finish_stage(store)
    done, lacking = Event(), []
    if not folders._exchange(*(path for path in made_folders(tmp_path))):
        pytest.skip("no two folders can exchange their names here")

    def look() -> None:
        while not done.is_set():
            lacking.extend([1] * (not store.folder(make_stage().id).is_dir()))

    reader = Thread(target=look)
    reader.start()
    for _ in range(20):
        with store.lock(make_stage().id), store.work(make_stage()) as folder:
            (folder / "scores.json").write_text('{"scores": []}')
            store.commit(make_stage(), folder, {}, {}, 1.0, anew=True)
    done.set()
    reader.join()
    assert not lacking


def made_folders(where):
    for name in ("one", "two"):
        (where / name).mkdir()
        yield where / name


def test_a_stage_is_not_replaced_while_somebody_reads_its_model(store, exchange):
    finish_stage(store)
    with store.reading(make_stage().id, "another"):
        writer = Thread(target=remake, args=(store, "{}"))
        writer.start()
        writer.join(0.3)
        assert writer.is_alive() and store.record(make_stage().id).versions == {"xh": "0"}
    writer.join()
    assert store.record(make_stage().id).versions == {"xh": "1"}
