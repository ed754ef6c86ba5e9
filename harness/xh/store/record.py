"""A stage's ``stage.json``: what it says, and how an edit is detected."""

import hashlib
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from xh.spec import Machine, Stage
from xh.spec.stage import ADAPTER, SCHEMA
from xh.spec.task import is_plain
from xh.store.files import moment, parsed

SEALED = 3
"""The first schema with checksums."""
LAYOUT = 4
"""Of stores, in ``store.json``; raised with every field of a record that an older xh refuses, and takes for damage."""
ROLES = {"intermediate": {"train", "dev"}, "target": {"train", "dev"}, "evaluate": {"test"}, "represent": set[str]()}
"""The tasks that the inputs of each phase have at least."""


class File(Struct, frozen=True):
    """A file's size in bytes and its SHA-256, which older versions of xh did not write."""

    size: int
    sha256: str = ""


class Record(Struct, frozen=True, kw_only=True):
    """A finished stage as its ``stage.json`` has it. ``files``: by path relative to the stage's folder.

    ``dropped``: the files of its models, which were removed when nothing needed them any more. ``id`` and
    ``evaluation`` are the stage's names, which a later xh that knows more inputs would no longer give it. ``sha256`` is
    that of the text of ``stage.json`` without these digits.
    """

    stage: Stage
    files: dict[str, File]
    dropped: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    machine: Machine = Machine()
    seconds: float = 0.0
    finished: str = ""
    id: str = ""
    evaluation: str = ""
    schema: int = SCHEMA
    sha256: str = ""

    @property
    def adapted(self) -> bool:
        """Whether its models are no more than adapters, which need those that the stage started from."""
        return any(name.endswith(f"/{ADAPTER}") for name in self.files)

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files.values())


def encoded(record: Record) -> str:
    """The text of ``stage.json``."""
    digest = _digest(_text(replace(record, sha256="")).encode())
    return _text(replace(record, sha256=digest))


@lru_cache(maxsize=4096)
def decoded(text: bytes) -> Record:
    """The record in a ``stage.json`` of any schema; raises ``ValueError`` where there is none.

    A command looks at a stage several times, so those of some thousand stages are remembered.
    """
    try:
        record = parsed(text, Record)
    except msgspec.ValidationError:
        record = _of_an_older_xh(parsed(text, Any))
    if wrong := [name for name in record.files if not is_plain(name)]:
        raise ValueError(f"{wrong[0]!r} is not a file of a stage")
    if wrong := [key for key in record.stage.inputs.data if key.count("/") < 2]:
        raise ValueError(f"{wrong[0]!r} is not a split of a task in a language")
    tasks = record.stage.inputs.tasks
    if not tasks or not tasks.keys() >= ROLES[record.stage.phase]:
        raise ValueError("It lacks the tasks of its phase.")
    if record.finished:
        moment(record.finished)
    if record.id:
        vars(record.stage)["id"] = record.id  # in place of the computed one
    if record.evaluation:
        vars(record.stage)["evaluation"] = record.evaluation
    return record


def changed(text: bytes, record: Record) -> bool:
    """Whether a ``stage.json`` has been edited since it was written."""
    if not record.sha256:
        return record.schema >= SEALED
    return _digest(text.replace(record.sha256.encode(), b"", 1)) != record.sha256


def _of_an_older_xh(found: Any) -> Record:
    """A record in which files have sizes only."""
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise ValueError("no record")
    sized = {name: {"size": each} if isinstance(each, int) else each for name, each in found["files"].items()}
    return msgspec.convert(found | {"files": sized}, Record)


def _text(record: Record) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode()


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
