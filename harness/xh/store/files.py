"""Files of a store: errors that say what to do, atomic writes, and the permissions of the store's folder."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from xh.spec import StorageError

T = TypeVar("T")
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""What a disk says that is full or fails."""


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` into a :class:`StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of a reader into a :class:`StorageError`."""
    try:
        yield
    except OSError as error:
        todo = "Ask its owner for permission to read it, or use another folder with --runs."
        raise StorageError(f"{path} can't be read.", why=str(error), todo=todo) from error


def storage_error(error: OSError, path: Path) -> StorageError:
    """The :class:`StorageError` for a failed write at ``path``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        todo = "Free some space (xh store gc removes what killed runs left behind), or use another folder with --runs."
        return StorageError(f"No space left for {path}.", why=str(error), todo=todo)
    todo = "Use a folder that you may write to with --runs."
    if error.errno in (errno.ENOSYS, errno.ENOLCK):
        todo = "Its file system has no locks: mount it with them (Lustre: -o flock), or use another folder with --runs."
    if error.errno == errno.EFBIG:
        todo = "Raise the limit on file sizes (ulimit -f), or use a file system without one."
    return StorageError(f"{path} can't be written.", why=str(error), todo=todo)


def share(path: Path) -> None:
    """Give a new file or folder the permissions of its parent folder, whatever the umask.

    If a group may write to the store's folder, it may write to all of it. Nothing is writable for everybody, and the
    owner may always read and write.
    """
    given, own = path.parent.stat().st_mode, path.stat().st_mode
    folder = given & 0o775 | own & stat.S_ISGID | 0o700
    wanted = folder if stat.S_ISDIR(own) else given & 0o664 | 0o600
    if stat.S_IMODE(own) != wanted:
        with suppress(PermissionError):  # somebody else's, who has shared it
            path.chmod(wanted)


def share_all(folder: Path) -> None:
    """:func:`share` a folder and all below it."""
    for path in (folder, *sorted(folder.rglob("*"))):
        share(path)


def make_folder(path: Path) -> None:
    """Make a shared folder unless it is there."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        share(path)


def write_text(path: Path, text: str) -> None:
    """Write a small shared file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    share(temporary)
    temporary.replace(path)


def appended(path: Path) -> IO[bytes]:
    """A shared file, opened for several processes to append to."""
    file = path.open("ab")
    share(path)
    return file


def content(path: Path) -> bytes:
    """All of a regular file; raises ``OSError`` for anything else, such as a pipe, which might never end."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
    return path.read_bytes()


def parsed(text: bytes, kind: type[T]) -> T:
    """A JSON document of this type; raises ``ValueError`` for anything else, however deeply nested."""
    try:
        return msgspec.json.decode(text, type=kind)
    except RecursionError as error:
        raise ValueError(str(error)) from error


def moment(text: str) -> datetime:
    """A time as records write it; raises ``ValueError`` for anything else."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def files_of(folder: Path) -> list[Path]:
    """All files below a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def checksum(path: Path) -> str:
    """SHA-256 of a file: 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Force what was written to a file or folder onto the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unreadable(path: Path, error: Exception) -> StorageError:
    """The error for a damaged file of a finished stage."""
    stage = path.parent
    return StorageError(
        f"{path} can't be read.",
        why=str(error) or type(error).__name__,
        todo=f"Remove the stage (xh store rm {stage.name} --runs {stage.parent.parent}) and run it again.",
    )
