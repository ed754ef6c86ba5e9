"""Locks on making a stage and on reading its models; the system frees them when a process dies."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from xh.store.files import make_folder, storage

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
        """Take the stage's lock and then those of its readers, who need the first to get theirs."""
        with storage(self.folder):
            try:
                held.enter_context(self.file(stage_id).acquire(blocking=False))
                for path in self.folder.glob(f"{stage_id}{READER}*.lock"):
                    held.enter_context(self.file(path.stem).acquire(blocking=False))
            except Timeout:
                return False
        return True
