"""A stage's folder appears and disappears in one step: no reader ever sees part of one."""

import ctypes
import errno
import os
import re
import shutil
import socket
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from xh.store.damage import RECORD, at_sight
from xh.store.files import content, files_of, flush, share_all
from xh.store.record import decoded

WORK, ASIDE = ".work-", ".old-"
ATTEMPT = "~"
"""Stands between a stage's name, in which it can't be, and whose attempt at it a folder is."""
OWNER = re.compile(r"(?P<host>.+)-(?P<pid>[1-9]\d{0,8})-[0-9a-f]+")
ATTEMPTS = 100
"""At a name that others take and lose; a file system that always says it is taken ends the work."""
OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)


def beside(folder: Path, prefix: str) -> Path:
    """A hidden name beside a stage's folder, unique to this attempt."""
    return folder.with_name(f"{prefix}{folder.name}{ATTEMPT}{_host()}-{os.getpid()}-{token_hex(4)}")


def abandoned(folder: Path) -> bool:
    """Whether a hidden folder belongs to a process of this machine that has ended."""
    named = OWNER.fullmatch(folder.name.rpartition(ATTEMPT)[2])
    if not named or named["host"] != _host():
        return False
    try:
        os.kill(int(named["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _host() -> str:
    return re.sub(r"\W", "-", socket.gethostname())


def stage_of(name: str) -> str:
    """The stage that a folder, hidden or not, belongs to."""
    return name.removeprefix(WORK).removeprefix(ASIDE).partition(ATTEMPT)[0]


def publish(folder: Path, final: Path, *, replace: bool = False) -> None:
    """Give a folder its final name, unless a whole stage has it already; a damaged one is moved out of the way.

    ``replace``: the new folder replaces even a whole stage.
    """
    share_all(folder)
    for path in (*files_of(folder), folder):
        flush(path)
    if replace:
        _replace(folder, final)
    else:
        _take(folder, final)
    flush(final.parent)


def _take(folder: Path, final: Path) -> None:
    for attempt in range(ATTEMPTS):
        try:
            folder.rename(final)
            return
        except OSError as error:
            if error.errno not in OCCUPIED or attempt == ATTEMPTS - 1:
                raise
        if whole(final):
            return
        _set_aside(final)


def _replace(folder: Path, final: Path) -> None:
    """Put a folder in a stage's place: in one step, or in two where the file system can't exchange names."""
    if _exchange(folder, final):
        return
    aside = beside(final, ASIDE)
    with suppress(FileNotFoundError):
        final.rename(aside)
    try:
        folder.rename(final)
    except OSError:
        with suppress(FileNotFoundError):
            aside.rename(final)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(folder: Path, final: Path) -> bool:
    """Exchange the names of two folders; False if one is missing or the file system can't do it."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    here = ctypes.c_int(-100)  # AT_FDCWD
    done: int = rename(here, os.fsencode(folder), here, os.fsencode(final), ctypes.c_uint(2))  # RENAME_EXCHANGE
    return done == 0


def whole(folder: Path) -> bool:
    """Whether a folder holds a whole stage, models included, whatever the folder is called."""
    try:
        text = content(folder / RECORD)
        record = decoded(text)
    except (OSError, ValueError):
        return False
    return not record.dropped and not list(at_sight(folder, record, text))


def discard(folder: Path) -> None:
    """Remove a folder: first out of sight in one step, then file by file."""
    aside = folder if folder.name.startswith(".") else beside(folder, ASIDE)
    if aside != folder:
        folder.rename(aside)
    if aside.is_symlink():  # what it leads to is somebody else's
        aside.unlink()
    else:
        shutil.rmtree(aside)


def _set_aside(final: Path) -> None:
    """Remove a damaged stage; if another process has made it whole meanwhile, it gets its name back."""
    aside = beside(final, ASIDE)
    with suppress(FileNotFoundError):
        final.rename(aside)
        if whole(aside):
            with suppress(OSError):  # yet another has the name, and is whole
                aside.rename(final)
    with suppress(OSError):
        discard(aside)
