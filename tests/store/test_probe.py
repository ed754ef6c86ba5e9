"""Whether locks exclude anybody is found out by trying, here and between nodes."""

import errno
from contextlib import nullcontext
from threading import Thread

import pytest

from xh.spec import StorageError
from xh.store import locks, probe


class Broken(nullcontext):
    """A lock that anybody gets at any time."""

    is_locked = True

    def acquire(self, **_):
        return self

    def release(self):
        pass


@pytest.fixture
def broken(monkeypatch):
    monkeypatch.setattr(locks.Locks, "file", lambda self, name: Broken())


def together(folder, hosts=("a", "b", "b"), **environment):
    """What processes of these hosts find that are started together; here they are threads."""
    found = []
    names = {"SLURM_STEP_NUM_TASKS": str(len(hosts)), "SLURM_JOB_ID": "7", **environment}

    def come(host):
        try:
            found.append(probe.probe(folder, names, host))
        except StorageError as error:
            found.append(error)

    threads = [Thread(target=come, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_processes_of_one_machine_exclude_each_other(store):
    found = probe.probe(store.locks, {}, "a")
    assert (found.hosts, found.got, found.excludes) == (("a",), 1, True)
    assert not list(store.locks.glob(".probe*"))


def test_a_lock_that_excludes_nobody_is_found_out(store, monkeypatch):
    """The other process gets it too."""
    monkeypatch.setattr(probe, "ANOTHER", "print(True)")
    assert not probe.probe(store.locks, {}).excludes


def test_nodes_that_exclude_each_other_agree_on_it(store):
    found = together(store.locks)
    assert found == [probe.Exclusion(("a", "b"), 1)] * 3
    assert not list(store.locks.glob(".probe*"))


def test_nodes_that_do_not_agree_on_that(store, broken):
    found = together(store.locks)
    assert found == [probe.Exclusion(("a", "b"), 3)] * 3
    assert not found[0].excludes


def test_who_waits_in_vain_says_so(store, monkeypatch):
    monkeypatch.setattr(probe, "PATIENCE", 0.0)
    (error,) = together(store.locks, hosts=("a",), SLURM_STEP_NUM_TASKS="2")
    assert error.what == "Only 1 of 2 processes met in the store."


def test_a_file_system_without_locks_is_named(store, monkeypatch):
    def none(self, name):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(locks.Locks, "file", none)
    with pytest.raises(StorageError) as error:
        probe.probe(store.locks, {})
    assert "has no locks" in error.value.todo
