"""Locks on making a stage and on reading its models; the system frees them when a process dies.

A network's file system may have locks that exclude nobody on another machine. Whoever makes a stage therefore has its
lease, too: a file that a heart-beat renews, and that counts no more when none was seen for a while.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLease, Timeout

from xh.store.files import make_folder, share, storage

LEASE, BEAT = 120.0, 15.0
"""Seconds after which a lease that nobody renews is somebody else's, and between two heart-beats. What a client of NFS
knows of a file may be a minute old."""
LOOK, PAUSE = 0.2, 1.0
"""Seconds for finding out whether a lease is free, and between two looks while it isn't."""
READER = "~"
"""Stands in a lock's name between a stage, in whose name it can't be, and another that reads its models."""


class Locks:
    """The locks in a folder. Whoever may write to the folder may take any of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str) -> FileLock:
        """A lock, not yet held."""
        make_folder(self.folder)
        mode = self.folder.stat().st_mode & 0o664 | 0o600
        return FileLock(self.folder / f"{name}.lock", mode=mode, fallback_to_soft=False)  # a soft one outlives us

    def lease(self, name: str) -> SoftFileLease:
        """A lease, not yet held. Its file names host and process, and has a random word.

        That of a process of this machine that has died is free at once, any other one when it was not renewed for so
        long by the clock of the one who waits, whatever other machines' clocks say.
        """
        path = self.folder / f"{name}.lease"
        return SoftFileLease(path, lease_duration=LEASE, heartbeat_interval=BEAT, thread_local=False)

    @contextmanager
    def hold(self, name: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold a lock; ``waiting`` is called first if somebody else has it."""
        with storage(self.folder):
            lock = self.file(name)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                waiting()
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def make(self, stage_id: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the lock of a stage, and its lease."""
        with self.hold(stage_id, waiting):
            with storage(self.folder):
                lease = self.lease(stage_id)
                try:
                    lease.acquire(timeout=LOOK)
                except Timeout:
                    waiting()
                    lease.acquire(poll_interval=PAUSE)
                share(Path(lease.lock_file))
            try:
                yield
            finally:
                lease.release()

    @contextmanager
    def reading(self, stage_id: str, reader: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep the models of a stage from being dropped; waits if the stage is being made."""
        with ExitStack() as held:
            with self.hold(stage_id, waiting):
                held.enter_context(self.hold(f"{stage_id}{READER}{reader}"))
            yield

    @contextmanager
    def unused(self, stage_id: str) -> Iterator[bool]:
        """Whether a stage is neither being made nor read; if so, nobody can start either before the context ends."""
        with ExitStack() as held:
            yield self._all(stage_id, held)

    @contextmanager
    def unread(self, stage_id: str) -> Iterator[None]:
        """Wait until nobody reads a stage's models. The caller holds its lock, so nobody can start in the context."""
        with storage(self.folder), ExitStack() as held:
            for path in self.folder.glob(f"{stage_id}{READER}*.lock"):
                held.enter_context(self.file(path.stem).acquire())
            yield

    def _all(self, stage_id: str, held: ExitStack) -> bool:
        """Take the stage's lock and lease, and then the locks of its readers, who need the first to get theirs."""
        with storage(self.folder):
            try:
                held.enter_context(self.file(stage_id).acquire(blocking=False))
                lease = self.lease(stage_id)
                if self._age(Path(lease.lock_file)) > LEASE:
                    lease.force_break()
                held.enter_context(lease.acquire(timeout=LOOK))
                for path in self.folder.glob(f"{stage_id}{READER}*.lock"):
                    held.enter_context(self.file(path.stem).acquire(blocking=False))
            except Timeout:
                return False
        return True

    def _age(self, path: Path) -> float:
        """The seconds since a file was changed, by the file system's clock; 0 where there is none."""
        clock = self.folder / ".writable"
        try:
            os.utime(clock)
            return clock.stat().st_mtime - path.stat().st_mtime
        except OSError:
            return 0.0
