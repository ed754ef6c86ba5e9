"""Two attempts at one training, where locks exclude nobody: one has the lease, and neither writes into the other's."""

import os
import socket
import subprocess
import sys
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from xh.store import Checkpoints, locks
from xh.store.attempts import attempts, inherit
from xh.store.folders import beside
from xh.store.litter import collect

NAME = "intermediate-squad"


class Broken(nullcontext):
    """A lock that excludes nobody."""

    def acquire(self, **_):
        return self

    def release(self):
        pass


@pytest.fixture(autouse=True)
def broken(monkeypatch):
    monkeypatch.setattr(locks.Locks, "file", lambda self, name: Broken())
    monkeypatch.setattr(locks, "PAUSE", 0.01)


@pytest.fixture
def elsewhere(store):
    """A lease of a process on another machine, which no longer renews it, and its file."""
    lease = store.access.lease(NAME)
    path = Path(lease.lock_file)

    def take():
        lease.acquire()
        lease._stop_heartbeat()
        path.write_text(path.read_text().replace(socket.gethostname(), "elsewhere"))

    thread = Thread(target=take)
    thread.start()
    thread.join()
    yield lease, path
    lease.release(force=True)


def test_the_second_waits_for_the_first(store):
    waiting, order = Event(), []

    def second():
        with store.lock(NAME, waiting.set):
            order.append("second")

    with store.lock(NAME):
        thread = Thread(target=second)
        thread.start()
        assert waiting.wait(600)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.fixture
def short(monkeypatch):
    """Leases that soon run out."""
    for name, seconds in {"LEASE": 0.2, "BEAT": 0.1, "LOOK": 0.0}.items():
        monkeypatch.setattr(locks, name, seconds)


@pytest.mark.parametrize("skew", [-3600, 0, 3600])
def test_a_lease_that_nobody_renews_is_taken_over_whatever_the_clocks_say(store, short, elsewhere, skew):
    lost, path = elsewhere
    os.utime(path, (path.stat().st_mtime + skew,) * 2)
    waited = []
    with store.lock(NAME, lambda: waited.append(path.read_text())):
        assert "elsewhere" in waited[0]
        assert "elsewhere" not in path.read_text()
        lost.release()
        assert path.exists()  # it is not the loser's to remove


def test_the_lease_of_a_process_that_died_here_is_free_at_once(store):
    code = "import os, sys; from xh.store import Store; Store(sys.argv[1]).access.lease(sys.argv[2]).acquire()"
    assert subprocess.run([sys.executable, "-c", f"{code}; os._exit(9)", str(store.root), NAME]).returncode == 9
    with store.lock(NAME, lambda: pytest.fail("waited")):
        pass


MOMENTS = count(1)


def save_checkpoint(folder, name="checkpoint-1"):
    """Seal a checkpoint in a folder, a moment later than the one before."""
    (folder / name).mkdir(parents=True)
    (folder / name / "weights").write_text(f"{folder.name} {name}")
    Checkpoints(folder, {}).seal(name)
    os.utime(folder / "complete.json", (next(MOMENTS),) * 2)
    return folder


def owned(store, host=None, pid=None):
    """The folder of an attempt: by default one of this process."""
    ours = beside(store.unfinished / NAME, "")
    stage, _, owner = ours.name.partition("~")
    here, number, word = owner.rsplit("-", 2)
    return ours.with_name(f"{stage}~{host or here}-{pid or number}-{word}")


def dead():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize("whose", ["nobody's", "a dead process's"])
def test_what_is_free_becomes_ones_own(store, whose):
    left = save_checkpoint(store.unfinished / NAME if whose == "nobody's" else owned(store, pid=dead()))
    own = inherit(store.unfinished / NAME)
    assert attempts(store.unfinished / NAME)[1:] == [own]
    assert not left.exists()
    assert Checkpoints(own, {}).latest() == own / "checkpoint-1"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("host", ["elsewhere", None])
def test_what_may_be_a_living_ones_stays_its_own(store, monkeypatch, links, host):
    """Both go on from it, each in its folder."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: Path().rename(""))
    theirs = save_checkpoint(owned(store, host))
    with store.checkpoints(NAME, {}) as ours:
        assert ours.latest().name == "checkpoint-1"
        save_checkpoint(ours.folder, "checkpoint-2")
        assert not (ours.folder / "checkpoint-1").exists()
        assert Checkpoints(theirs, {}).latest() == theirs / "checkpoint-1"
        assert (theirs / "checkpoint-1" / "weights").read_text() == f"{theirs.name} checkpoint-1"
    assert [*store.unfinished.iterdir()] == []


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_of_several_the_newest_goes_on(store, order):
    left = [store.unfinished / NAME, owned(store, pid=dead()), owned(store, host="elsewhere")]
    for number in order:
        save_checkpoint(left[number], f"checkpoint-{number}")
    own = inherit(store.unfinished / NAME)
    assert Checkpoints(own, {}).latest().name == f"checkpoint-{order[-1]}"
    assert [folder.exists() for folder in left] == [False, False, True]


def test_an_attempt_that_was_interrupted_leaves_its_checkpoints_to_anybody(store):
    with pytest.raises(KeyboardInterrupt), store.checkpoints(NAME, {}) as ours:
        save_checkpoint(ours.folder)
        raise KeyboardInterrupt
    assert [path.name for path in store.unfinished.iterdir()] == [NAME]


def test_gc_leaves_those_whose_lease_is_renewed(store):
    folder = save_checkpoint(owned(store, host="elsewhere"))
    with store.lock(NAME):
        assert collect(store) == []
    assert collect(store) == [folder]


def test_gc_removes_those_of_a_machine_that_is_gone(store, elsewhere):
    folder, path = save_checkpoint(owned(store, host="elsewhere")), elsewhere[1]
    assert collect(store) == []
    os.utime(path, (path.stat().st_mtime - locks.LEASE - 9,) * 2)
    assert collect(store) == [folder]
