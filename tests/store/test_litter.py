"""What killed runs leave goes away, and nothing else does."""

import shutil

import pytest

import xh.store.litter
from helpers.made_stages import finish_stage, make_stage
from xh.spec import StorageError
from xh.store import Store
from xh.store.litter import collect
from xh.store.litter import litter as listed


@pytest.fixture
def littered(store):
    """A store with a whole stage, a damaged one, a work folder and the log of a failure, in that order."""
    whole, broken = finish_stage(store, seed=1), finish_stage(store, seed=2)
    (broken / "scores.json").unlink()
    work = store.stages / f".work-{make_stage(3).id}~elsewhere-7-0badcafe"
    (work / "model").mkdir(parents=True)
    store.fail(make_stage(4).id, "no memory")
    return whole, broken, work, store.failed / make_stage(4).id


def test_litter_is_listed_and_stays(store, littered):
    _, *litter = littered
    assert sorted(listed(store)) == sorted(litter)
    assert all(path.exists() for path in littered)


def test_gc_removes_the_litter_and_only_that(store, littered):
    _, *litter = littered
    assert sorted(collect(store)) == sorted(litter)
    assert [path.exists() for path in littered] == [True, False, False, False]
    assert (collect(store), store.verify()) == ([], {})


def test_gc_leaves_alone_what_somebody_works_on(store, littered):
    _, *litter = littered
    with store.lock(make_stage(2).id), store.lock(make_stage(3).id), store.lock(make_stage(4).id):
        assert (listed(store), collect(store)) == ([], [])
        assert all(path.exists() for path in littered)
    assert sorted(collect(store)) == sorted(litter)


def test_gc_leaves_alone_what_another_made_whole_meanwhile(store, littered, monkeypatch):
    """Between the look and the removal a run may take a broken stage up and finish it."""
    broken = littered[1]
    look = xh.store.litter._broken

    def slow(store):
        found = list(look(store))
        finish_stage(store, seed=2)
        return found

    monkeypatch.setattr(xh.store.litter, "_broken", slow)
    assert broken not in collect(store)
    assert store.record(broken.name)


def test_a_store_that_may_not_be_read(store, monkeypatch):
    """For root there is none."""
    finish_stage(store)

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    for name, call in (("iterdir", store.ids), ("is_dir", lambda: Store.existing(store.root))):
        with monkeypatch.context() as patched:
            patched.setattr(f"pathlib.Path.{name}", denied)
            with pytest.raises(StorageError, match=r"can't be read") as caught:
                call()
            assert "Permission denied" in caught.value.why


def test_gc_removes_a_link_and_not_what_it_leads_to(store, tmp_path):
    folder, elsewhere = finish_stage(store), tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    (elsewhere / "scores.json").write_text("{}")
    folder.symlink_to(elsewhere)
    assert collect(store) == [folder]
    assert (list(store.stages.iterdir()), (elsewhere / "scores.json").read_text()) == ([], "{}")


def test_gc_where_nothing_ever_failed(store):
    """Copying a store often drops its empty folders."""
    finish_stage(store)
    shutil.rmtree(store.failed)
    assert collect(store) == []


def test_gc_leaves_alone_files_that_are_no_folders_of_stages(store):
    finish_stage(store)
    strangers = [store.failed / ".DS_Store", store.stages / ".DS_Store", store.stages / "notes.txt"]
    for path in strangers:
        path.touch()
    assert collect(store) == []
    assert all(path.exists() for path in strangers)
