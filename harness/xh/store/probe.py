"""Whether locks in a store exclude anybody: tried by two processes here, or by those that were started together."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from filelock import Timeout
from msgspec import Struct

from xh.spec import StorageError
from xh.store.files import make_folder, storage
from xh.store.locks import Locks

TOGETHER = ("SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "WORLD_SIZE")
"""Variables that say how many processes were started together, by srun, MPI, or by hand."""
MEETING = ("SLURM_JOB_ID", "SLURM_STEP_ID", "PMI_JOBID", "OMPI_MCA_ess_base_jobid")
"""Variables that those of one start have in common."""
PATIENCE, PAUSE = 120.0, 0.1
"""Seconds that the first one waits for the last, and between two looks; a client of NFS sees a new file late."""
ANOTHER = (
    "import sys; from pathlib import Path; from xh.store.probe import took; from xh.store.locks import Locks; "
    "print(took(Locks(Path(sys.argv[1])), sys.argv[2]))"
)


class Exclusion(Struct, frozen=True):
    """Where processes tried to take one lock while one had it: on which ``hosts``, and how many of them ``got`` it."""

    hosts: tuple[str, ...]
    got: int

    @property
    def excludes(self) -> bool:
        """Whether only one did."""
        return self.got == 1


def probe(folder: Path, environment: Mapping[str, str] = os.environ, host: str | None = None) -> Exclusion:
    """Try the locks in ``folder``, which is made if it isn't there.

    Raises :class:`StorageError` if it can't be written, has no locks at all, or not all processes that were started
    together come in time.
    """
    with storage(folder):
        make_folder(folder)
    count = next((int(environment[name]) for name in TOGETHER if environment.get(name, "").isdigit()), 1)
    host = host or socket.gethostname()
    if count > 1:
        word = "-".join(environment[name] for name in MEETING if name in environment) or "by-hand"
        return _together(folder / f".probe-{word}", count, host)
    return _two(folder, host)


def took(locks: Locks, name: str) -> bool:
    """Whether a lock can be had now; it is not kept."""
    try:
        with locks.file(name).acquire(blocking=False):
            return True
    except Timeout:
        return False


def _two(folder: Path, host: str) -> Exclusion:
    """This process has a lock, and another one tries."""
    locks, name = Locks(folder), f".probe-{token_hex(4)}"
    try:
        with locks.hold(name):
            words = [sys.executable, "-P", "-c", ANOTHER, str(folder), name]
            said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    finally:
        (folder / f"{name}.lock").unlink(missing_ok=True)
    return Exclusion((host,), 1 + (said.strip() == "True"))


def _together(folder: Path, count: int, host: str) -> Exclusion:
    """All try the same lock, and keep it until each has said whether it has it."""
    me = f"{host}~{os.getpid()}-{token_hex(4)}"
    with storage(folder):
        make_folder(folder)
        (folder / f"{me}.here").touch()
        _wait(lambda: _count(folder, "here"), count)
        lock = Locks(folder).file("lock")
        with suppress(Timeout):
            lock.acquire(blocking=False)
        try:
            (folder / f"{me}.{'got' if lock.is_locked else 'refused'}").touch()
            _wait(lambda: _count(folder, "got") + _count(folder, "refused"), count)
            hosts = sorted({path.name.partition("~")[0] for path in folder.glob("*.here")})
            found = Exclusion(tuple(hosts), _count(folder, "got"))
        finally:
            lock.release()
        (folder / f"{me}.done").touch()
        if me == min(path.stem for path in folder.glob("*.here")):
            _wait(lambda: _count(folder, "done"), count)
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _count(folder: Path, state: str) -> int:
    return len(list(folder.glob(f"*.{state}")))


def _wait(reached: Callable[[], int], count: int) -> None:
    """Until all have come so far."""
    end = time.monotonic() + PATIENCE
    while (there := reached()) < count:
        if time.monotonic() > end:
            todo = "Start them at the same time, with the same --runs on a file system that all of them see."
            raise StorageError(f"Only {there} of {count} processes met in the store.", todo=todo)
        time.sleep(PAUSE)
