"""Files of a store: errors that say what to do, small files written whole."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xh.spec import StorageError


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` into a :class:`StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def storage_error(error: OSError, path: Path) -> StorageError:
    """The :class:`StorageError` for a failed write at ``path``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        todo = "Free some space (xh store gc removes what killed runs left), or use another folder with --runs."
        return StorageError(f"No space is left for {path}.", why=str(error), todo=todo)
    todo = "Use a folder that you may write to with --runs."
    return StorageError(f"{path} can't be written.", why=str(error), todo=todo)


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    temporary.replace(path)


def files_of(folder: Path) -> list[Path]:
    """All files below a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flush(path: Path) -> None:
    """Have what was written to a file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
