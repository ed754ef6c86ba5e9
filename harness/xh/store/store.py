"""The store: one folder per finished stage.

A stage exists only when its ``stage.json`` parses and its files are whole.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from xh.spec import Machine, Stage, StorageError, UsageError
from xh.spec.discreet import discreet
from xh.store.attempts import attempts, inherit
from xh.store.checkpoints import Checkpoints
from xh.store.damage import RECORD, at_sight, strange, within
from xh.store.files import checksum, content, files_of, make_folder, parsed, readable, share, storage, write_text
from xh.store.folders import ATTEMPT, WORK, abandoned, beside, publish
from xh.store.history import History, RunRecord
from xh.store.locks import Locks
from xh.store.record import LAYOUT, File, Record, decoded, encoded


class _Version(Struct, frozen=True):
    """What ``store.json`` says."""

    schema: int


class Store:
    """Stage folders below ``root``: ``stages/<id>/`` finished, ``stages/.work-<id>~…/`` under work, ``failed/<id>/``.

    ``checkpoints/<id>/`` is where a training that was interrupted goes on from; ``checkpoints/<id>~…/`` are those of
    one that is under work or was killed.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.stages = self.root / "stages"
        self.failed = self.root / "failed"
        self.unfinished = self.root / "checkpoints"
        self.locks = self.root / "locks"
        self.progress = self.root / "progress"
        self.access = Locks(self.locks)
        self.runs = History(self.root / "history", self.access)

    @classmethod
    def open(cls, root: str | Path) -> "Store":
        """The store at ``root``, made if it isn't there; raises :class:`StorageError` if it can't be written."""
        store = cls(root)
        version = store.root / "store.json"
        with storage(store.root):
            if not store.root.exists():
                store.root.mkdir(parents=True)
                store.root.chmod(store.root.stat().st_mode & 0o7775)
            for folder in (store.stages, store.failed, store.locks, store.unfinished):
                make_folder(folder)
            (store.locks / ".writable").touch()
            share(store.locks / ".writable")
            if not version.exists() or store.check_version() < LAYOUT:  # an older xh must no longer write here
                write_text(version, json.dumps({"schema": LAYOUT}))
        return store

    @classmethod
    def existing(cls, root: str | Path) -> "Store":
        """The store at ``root``, which must be there."""
        store = cls(root)
        with readable(store.root):
            there = store.stages.is_dir()
        if not there:
            raise StorageError(
                f"There is no store at {store.root}.", todo="Give the folder of an earlier run with --runs, or run one."
            )
        store.check_version()
        return store

    def check_version(self) -> int:
        """The store's schema; raises unless this xh can read it."""
        path = self.root / "store.json"
        try:
            schema = parsed(content(path), _Version).schema
        except (OSError, ValueError) as error:
            raise StorageError(
                f"{path} can't be read.", why=str(error), todo="Restore it, or use another --runs."
            ) from error
        if schema > LAYOUT:
            raise StorageError(
                f"The store at {self.root} was written by a newer xh.",
                why=f"Its schema is {schema}; this version knows {LAYOUT}.",
                todo="Upgrade xh (pip install -U xh), or use another folder with --runs.",
            )
        return schema

    def check_outside(self, path: Path) -> None:
        """Raise :class:`UsageError` if a file or folder to write would lie among the store's own."""
        folders = (self.stages, self.failed, self.unfinished, self.locks, self.progress, self.runs.folder)
        own = (*folders, self.root / "store.json")
        if any(path.resolve().is_relative_to(each.resolve()) for each in own):
            raise UsageError(f"{path} is inside the store {self.root}.", todo="Choose another path with -o.")

    def folder(self, stage_id: str) -> Path:
        """Where a finished stage lies."""
        return self.stages / stage_id

    def record(self, stage_id: str) -> Record | None:
        """A stage's record, or None where the stage isn't there or isn't whole at first sight."""
        for _ in range(2):  # the first look may fall between two steps of somebody who replaces it
            record, problems = self.look(stage_id)
            if not problems:
                return record
        return None

    def startable(self, stage_id: str) -> bool:
        """Whether a stage is whole and its models are still there."""
        record = self.record(stage_id)
        return record is not None and not record.dropped

    def read(self, stage_id: str) -> Record | None:
        """A stage's record as written, whatever has happened to its other files."""
        return self.look(stage_id)[0]

    def look(self, stage_id: str) -> tuple[Record | None, list[str]]:
        """A stage's record, if there is one, and what is wrong with the stage at first sight."""
        folder = self.folder(stage_id)
        try:
            text = content(folder / RECORD)
            record = decoded(text)
        except (OSError, ValueError):
            return None, [f"{RECORD} is missing or does not parse"]
        if record.stage.id != stage_id:
            return record, [f"its record is that of {record.stage.id}"]
        return record, list(at_sight(folder, record, text))

    def ids(self) -> list[str]:
        """The names of all stage folders, whole or not."""
        with readable(self.stages):
            found = self.stages.iterdir() if self.stages.is_dir() else ()
            return sorted(path.name for path in found if path.is_dir() and not path.name.startswith("."))

    def records(self) -> Iterator[Record]:
        """The records of all whole stages."""
        for stage_id in self.ids():
            if record := self.record(stage_id):
                yield record

    def evaluations(self) -> dict[str, list[Stage]]:
        """The whole evaluations, grouped where they differ only in their languages."""
        found: dict[str, list[Stage]] = {}
        for stage_id in [each for each in self.ids() if each.startswith("evaluate-")]:
            if record := self.record(stage_id):
                found.setdefault(record.stage.evaluation, []).append(record.stage)
        return found

    def damaged(self, stages: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Why stages count as missing although their folders are there, judged by sizes: all stages, or these."""
        there = self.ids() if stages is None else [each for each in stages if self.folder(each).is_dir()]
        return {stage_id: self.look(stage_id)[1] for stage_id in there if not self.record(stage_id)}

    def verify(self, *, quick: bool = False) -> dict[str, list[str]]:
        """By damaged stage what is wrong with it; ``quick`` compares sizes only."""
        if quick:
            return self.damaged()
        found = {}
        for stage_id in self.ids():
            record, problems = self.look(stage_id)
            if record and record.stage.id == stage_id:
                folder = self.folder(stage_id)
                problems = [*problems, *within(folder, record), *strange(folder, record), *self._without_start(record)]
            if problems:
                found[stage_id] = problems
        return found

    def _without_start(self, record: Record) -> Iterator[str]:
        """What adapters need and the store has not; a model that was dropped is made again when it is needed."""
        parent = record.stage.inputs.parent
        if record.adapted and parent and not self.record(parent):
            yield f"its adapters belong to the model of {parent}, which is missing or damaged"

    def history(self) -> list[RunRecord]:
        """The runs that were made on this store, the oldest first."""
        return self.runs.records()

    def lock(self, stage_id: str, waiting: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        """Hold a stage's lock and lease, free once this process dies; ``waiting`` is called if another has them."""
        return self.access.make(stage_id, waiting)

    @contextmanager
    def reading(
        self, stage_id: str, reader: str, waiting: Callable[[], None] = lambda: None
    ) -> Iterator[Record | None]:
        """A stage's record, None if it isn't whole; its models stay for as long as ``reader``, another stage, works."""
        with self.access.reading(stage_id, reader, waiting):
            yield self.record(stage_id)

    @contextmanager
    def work(self, stage: Stage) -> Iterator[Path]:
        """A fresh folder to make a stage in. Hold the stage's lock; call :meth:`commit` when it is done.

        If the work fails the folder is removed and its log stays under ``failed/<id>``. If it is interrupted, nothing
        stays.
        """
        folder = beside(self.folder(stage.id), WORK)
        with storage(folder):
            for left in filter(abandoned, self.stages.glob(f"{WORK}{stage.id}{ATTEMPT}*")):
                shutil.rmtree(left, ignore_errors=True)
            folder.mkdir()
            share(folder)
        try:
            yield folder
        except (Exception, SystemExit):
            self._keep_log(stage.id, folder)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _keep_log(self, stage_id: str, folder: Path) -> None:
        log = folder / "log.jsonl"
        with suppress(OSError):  # a full disk must not hide what went wrong
            if log.exists():
                kept = self.failed / stage_id
                make_folder(kept)
                shutil.copyfile(log, kept / "log.jsonl")
                share(kept / "log.jsonl")

    @contextmanager
    def checkpoints(self, stage_id: str, versions: Mapping[str, str]) -> Iterator[Checkpoints]:
        """A stage's checkpoints in a folder of this attempt's own, while its lock is held: what earlier ones have left.

        They are removed when the work is done. If it fails, for whatever reason, the sealed ones stay for the next try.
        """
        free = self.unfinished / stage_id
        with storage(free):
            checkpoints = Checkpoints(inherit(free), versions)
        try:
            yield checkpoints
        except BaseException:
            checkpoints.tidy()
            with suppress(OSError):  # nothing was saved
                checkpoints.folder.rename(free)
            raise
        self.forget_checkpoints(stage_id)

    def forget_checkpoints(self, stage_id: str) -> None:
        """Make a training start from scratch, while its lock is held."""
        for folder in attempts(self.unfinished / stage_id):
            shutil.rmtree(folder, ignore_errors=True)

    def commit(
        self,
        stage: Stage,
        folder: Path,
        facts: dict[str, Any],
        versions: dict[str, str],
        seconds: float,
        machine: Machine | None = None,
        *,
        anew: bool = False,
    ) -> None:
        """Make the work folder the stage: its record last, everything flushed, one rename.

        If another process has made the stage meanwhile, that one stays and this one is discarded; with ``anew`` it is
        replaced as soon as nobody reads its models.
        """
        with storage(folder):
            record = Record(
                stage=stage,
                files={
                    str(path.relative_to(folder)): File(path.stat().st_size, checksum(path))
                    for path in files_of(folder)
                },
                facts=facts,
                versions=versions,
                machine=machine or Machine(),
                seconds=round(seconds, 3),
                finished=datetime.now(UTC).isoformat(timespec="seconds"),
                id=stage.id,
                evaluation=stage.evaluation if stage.phase == "evaluate" else "",
            )
            write_text(folder / RECORD, encoded(record))
            with self.access.unread(stage.id) if anew else nullcontext():
                publish(folder, self.folder(stage.id), replace=anew)
        shutil.rmtree(self.failed / stage.id, ignore_errors=True)

    def fail(self, stage_id: str, text: str) -> None:
        """Keep a failed stage's error where its user will look for it: ``failed/<id>/error.txt``."""
        with storage(self.failed):
            make_folder(self.failed / stage_id)
            write_text(self.failed / stage_id / "error.txt", discreet(text))
