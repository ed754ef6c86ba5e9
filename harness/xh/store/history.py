"""The runs that were made on a store: a small file for each, ``history/<date>-….json``."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, NamedTuple

import msgspec
from filelock import Timeout
from msgspec import Struct
from msgspec.structs import replace

from xh.spec import StorageError
from xh.spec.discreet import discreet, printable
from xh.store.files import content, make_folder, moment, parsed, storage, write_text
from xh.store.locks import Locks
from xh.version import __version__


class RunRecord(Struct, frozen=True, kw_only=True):
    """One ``xh run``, or ``xh.run`` from Python.

    ``command``: its words as typed, with ``~`` for the home folder and ``***`` for what looks like a token.
    ``started``: UTC. ``done``, ``cached``: how many stages it made and how many it found; ``failed``: which failed.
    """

    command: tuple[str, ...]
    started: str
    version: str
    outcome: Literal["running", "finished", "failed", "interrupted"] = "running"
    seconds: float = 0.0
    done: int = 0
    cached: int = 0
    failed: tuple[str, ...] = ()


class UnderWay(NamedTuple):
    """A run in progress: its ``name``; ``ended`` takes what became of it, as fields of :class:`RunRecord`."""

    name: str
    ended: Callable[..., None]


class History:
    """The records in a folder. A run in progress holds a lock, which tells it from one that was killed."""

    def __init__(self, folder: Path, access: Locks) -> None:
        self.folder, self.access = folder, access

    @contextmanager
    def run(self, command: Sequence[str]) -> Iterator[UnderWay]:
        """Record a run in progress."""
        begun, now = time.monotonic(), datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S%fZ}-{token_hex(4)}"
        record = RunRecord(
            command=tuple(discreet(printable(word)) for word in command),
            started=now.isoformat(timespec="seconds"),
            version=__version__,
        )
        became: dict[str, Any] = {"outcome": "failed"}
        with self.access.hold(f"run-{name}"):
            self._write(name, record)
            try:
                yield UnderWay(name, became.update)
            except KeyboardInterrupt:
                became["outcome"] = "interrupted"
                raise
            finally:
                with suppress(StorageError):  # the run is over; without an end it counts as interrupted
                    self._write(name, replace(record, seconds=round(time.monotonic() - begun, 3), **became))
                Path(self.access.file(f"run-{name}").lock_file).unlink(missing_ok=True)

    def records(self) -> list[RunRecord]:
        """All runs, the oldest first."""
        return [found for path in sorted(self.folder.glob("*.json")) if (found := self._read(path))]

    def current(self) -> dict[str, RunRecord]:
        """By name the runs in progress, or else the last one."""
        paths = sorted(self.folder.glob("*.json"))
        held = [path for path in paths if Path(self.access.file(f"run-{path.stem}").lock_file).exists()]
        found = {path.stem: record for path in (*held, *paths[-1:]) if (record := self._read(path))}
        running = {name: record for name, record in found.items() if record.outcome == "running"}
        return running or found

    def _read(self, path: Path) -> RunRecord | None:
        try:
            found = parsed(content(path), RunRecord)
            moment(found.started)
        except (OSError, ValueError):
            return None
        return replace(found, outcome="interrupted") if found.outcome == "running" and self._dead(path.stem) else found

    def _dead(self, name: str) -> bool:
        lock = self.access.file(f"run-{name}")
        if not Path(lock.lock_file).exists():
            return True
        with suppress(Timeout, OSError), lock.acquire(blocking=False):
            return True
        return False

    def _write(self, name: str, record: RunRecord) -> None:
        with storage(self.folder):
            make_folder(self.folder)
            write_text(self.folder / f"{name}.json", msgspec.json.encode(record).decode())
