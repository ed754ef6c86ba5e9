"""The store: one folder per finished stage.

A stage exists only when its ``stage.json`` parses and its files are whole.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct, field

from xh.spec import Machine, Stage, StorageError
from xh.store.checkpoints import Checkpoints
from xh.store.files import files_of, flush, storage, write_text

SCHEMA = 1
RECORD = "stage.json"
WORK = ".work-"


class Record(Struct, frozen=True, kw_only=True):
    """A finished stage as its ``stage.json`` has it. ``files``: relative path -> size in bytes.

    ``id`` is the stage's name, which a later xh that knows more inputs would no longer give it.
    """

    stage: Stage
    files: dict[str, int]
    facts: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    machine: Machine = Machine()
    seconds: float = 0.0
    finished: str = ""
    id: str = ""
    schema: int = SCHEMA


class RunRecord(Struct, frozen=True, kw_only=True):
    """A call of ``xh run`` on the store."""

    command: tuple[str, ...]
    started: str
    seconds: float
    outcome: str
    version: str


class Store:
    """Stage folders below ``root``: ``stages/<id>/`` finished, ``stages/.work-<id>/`` under work, ``failed/<id>/``.

    ``checkpoints/<id>/`` is where a training that was killed goes on from.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.stages = self.root / "stages"
        self.failed = self.root / "failed"
        self.unfinished = self.root / "checkpoints"
        self.locks = self.root / "locks"

    @classmethod
    def open(cls, root: str | Path) -> "Store":
        """The store at ``root``, made if it isn't there; raises :class:`StorageError` if it can't be used."""
        store = cls(root)
        with storage(store.root):
            for folder in (store.stages, store.failed, store.locks):
                folder.mkdir(parents=True, exist_ok=True)
            (store.locks / ".writable").touch()
            version = store.root / "store.json"
            if not version.exists():
                write_text(version, json.dumps({"schema": SCHEMA}))
        store.check_version()
        return store

    @classmethod
    def existing(cls, root: str | Path) -> "Store":
        """The store at ``root``, which must be there."""
        store = cls(root)
        if not store.stages.is_dir():
            raise StorageError(
                f"There is no store at {store.root}.", todo="Give the folder of an earlier run with --runs, or run one."
            )
        store.check_version()
        return store

    def check_version(self) -> None:
        """Raise unless this xh can read the store."""
        path = self.root / "store.json"
        try:
            schema = int(json.loads(path.read_text(encoding="utf-8"))["schema"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{path} can't be read.", why=str(error), todo="Restore it, or use another --runs."
            ) from error
        if schema > SCHEMA:
            raise StorageError(
                f"The store at {self.root} was written by a newer xh.",
                why=f"Its schema is {schema}; this version knows {SCHEMA}.",
                todo="Upgrade xh (pip install -U xh), or use another folder with --runs.",
            )

    def folder(self, stage_id: str) -> Path:
        """Where a finished stage lies."""
        return self.stages / stage_id

    def record(self, stage_id: str) -> Record | None:
        """A stage's record, or None where the stage isn't there or isn't whole."""
        record = self.read(stage_id)
        return record if record and record.stage.id == stage_id and not self.damage(record) else None

    def read(self, stage_id: str) -> Record | None:
        """A stage's record as written, whatever became of its other files."""
        try:
            record = msgspec.json.decode((self.folder(stage_id) / RECORD).read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None
        if record.id:
            vars(record.stage)["id"] = record.id  # in place of the computed one
        return record

    def damage(self, record: Record) -> list[str]:
        """What is wrong with a stage's files: missing ones and ones of another size."""
        folder, problems = self.folder(record.stage.id), []
        for name, size in record.files.items():
            try:
                found = (folder / name).stat().st_size
            except OSError:
                problems.append(f"{name} is missing")
                continue
            if found != size:
                problems.append(f"{name} has {found:,} bytes instead of {size:,}")
        return problems

    def ids(self) -> list[str]:
        """The names of all stage folders, whole or not."""
        if not self.stages.is_dir():
            return []
        return sorted(path.name for path in self.stages.iterdir() if path.is_dir() and not path.name.startswith("."))

    def records(self) -> Iterator[Record]:
        """The records of all whole stages."""
        for stage_id in self.ids():
            if record := self.record(stage_id):
                yield record

    def evaluations(self) -> dict[str, list[Stage]]:
        """The evaluations that are whole, those together that differ in their languages only."""
        found: dict[str, list[Stage]] = {}
        for stage in (record.stage for record in self.records() if record.stage.phase == "evaluate"):
            found.setdefault(stage.evaluation, []).append(stage)
        return found

    def history(self) -> list[RunRecord]:
        """The runs on this store, the first one first; none where nothing noted them."""
        path = self.root / "runs.jsonl"
        return msgspec.json.Decoder(RunRecord).decode_lines(path.read_bytes()) if path.exists() else []

    @contextmanager
    def lock(self, stage_id: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold a stage's lock, which the system frees if this process dies; ``waiting`` is called if another has it."""
        lock = self._lock(stage_id)
        with storage(self.locks):
            try:
                lock.acquire(blocking=False)
            except Timeout:
                waiting()
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _lock(self, stage_id: str) -> FileLock:
        return FileLock(self.locks / f"{stage_id}.lock")

    @contextmanager
    def work(self, stage: Stage) -> Iterator[Path]:
        """A fresh folder to make a stage in. Hold the stage's lock; call :meth:`commit` when it is done.

        If the work fails the folder is dropped; its log stays under ``failed/<id>``.
        """
        folder = self.stages / f"{WORK}{stage.id}"
        with storage(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        try:
            yield folder
        except BaseException:
            self._keep_log(stage.id, folder)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _keep_log(self, stage_id: str, folder: Path) -> None:
        log = folder / "log.jsonl"
        with suppress(OSError):  # a full disk must not hide what went wrong
            if log.exists():
                kept = self.failed / stage_id
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(log, kept / "log.jsonl")

    @contextmanager
    def checkpoints(self, stage_id: str, versions: Mapping[str, str]) -> Iterator[Checkpoints]:
        """A stage's checkpoints, while its lock is held.

        They go when the work is done. Where it fails, whatever the reason, what is sealed stays for the next try.
        """
        checkpoints = Checkpoints(self.unfinished / stage_id, versions)
        try:
            yield checkpoints
        except BaseException:
            checkpoints.tidy()
            raise
        shutil.rmtree(checkpoints.folder, ignore_errors=True)

    def commit(
        self,
        stage: Stage,
        folder: Path,
        facts: dict[str, Any],
        versions: dict[str, str],
        seconds: float,
        machine: Machine = Machine(),
    ) -> None:
        """Make the work folder the stage: its record last, everything flushed, one rename."""
        record = Record(
            stage=stage,
            files={str(path.relative_to(folder)): path.stat().st_size for path in files_of(folder)},
            facts=facts,
            versions=versions,
            machine=machine,
            seconds=round(seconds, 3),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            id=stage.id,
        )
        with storage(folder):
            write_text(folder / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=2).decode())
            for path in files_of(folder):
                flush(path)
            final = self.folder(stage.id)
            shutil.rmtree(final, ignore_errors=True)
            folder.rename(final)
            flush(self.stages)
        shutil.rmtree(self.failed / stage.id, ignore_errors=True)

    def fail(self, stage_id: str, text: str) -> None:
        """Keep a failed stage's error where a user finds it: ``failed/<id>/error.txt``."""
        with storage(self.failed):
            (self.failed / stage_id).mkdir(parents=True, exist_ok=True)
            write_text(self.failed / stage_id / "error.txt", text)

    def verify(self) -> dict[str, list[str]]:
        """Every stage folder that is not what it says, with what is wrong."""
        found: dict[str, list[str]] = {}
        for stage_id in self.ids():
            record = self.read(stage_id)
            if record is None:
                found[stage_id] = [f"{RECORD} is missing or does not parse"]
            elif record.stage.id != stage_id:
                found[stage_id] = [f"its record is that of {record.stage.id}"]
            elif problems := self.damage(record):
                found[stage_id] = problems
        return found

    def litter(self) -> list[Path]:
        """What nobody works on: work folders, checkpoints, broken stages, logs of failures."""
        return list(self._clear(lambda path: None))

    def gc(self) -> list[Path]:
        """Remove the litter; returns what was removed."""
        return list(self._clear(shutil.rmtree))

    def _clear(self, remove: Callable[[Path], None]) -> Iterator[Path]:
        """Each piece of litter, removed under its stage's lock, so that no run can take it up meanwhile."""
        left = [*self.stages.glob(f"{WORK}*"), *self.unfinished.glob("*"), *self.failed.glob("*")]
        for path in filter(Path.is_dir, [*left, *map(self.folder, self.verify())]):
            stage_id = path.name.removeprefix(WORK)
            with storage(path), suppress(Timeout), self._lock(stage_id).acquire(blocking=False):
                if path != self.folder(stage_id) or not self.record(stage_id):
                    remove(path)
                    yield path
