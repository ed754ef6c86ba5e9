"""Two processes and one stage."""

import errno
import subprocess
import sys

import pytest

from xh.spec import StorageError

HOLDER = """
import sys
from pathlib import Path
from xh.store import Store

store = Store(sys.argv[1])
with store.lock("demo"):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[1], "worked").touch()
"""


@pytest.fixture
def holder(store):
    """A process that has the lock of ``demo`` until it is written to; then it works a moment and gives it back."""
    words = [sys.executable, "-c", HOLDER, str(store.root)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_is_waited_for(store, holder):
    def waiting():
        assert not (store.root / "worked").exists()
        holder.communicate("\n")

    with store.lock("demo", waiting):
        assert (store.root / "worked").exists()


def test_a_killed_process_holds_no_lock(store, holder):
    with store.lock("demo", holder.kill):
        assert holder.wait() == -9
        assert not (store.root / "worked").exists()


def test_another_stage_is_not_waited_for(store, holder):
    with store.lock("other", lambda: pytest.fail("waited")):
        assert holder.poll() is None


def test_a_file_system_without_locks_is_an_error(store, monkeypatch):
    """A file that stands for a lock would outlive a process that is killed."""

    def missing(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", missing)
    with pytest.raises(StorageError, match="locks can't be written") as caught, store.lock("evaluate-demo-0"):
        pass
    assert "Function not implemented" in caught.value.why


def test_a_lock_can_be_taken_again(store):
    for _ in range(2):
        with store.lock("demo", lambda: pytest.fail("waited")):
            pass
