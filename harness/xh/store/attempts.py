"""Whose checkpoints are whose: each attempt at a training has a folder of its own, which no other ever writes to."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from xh.store.checkpoints import MANIFEST
from xh.store.folders import ATTEMPT, abandoned, beside


def attempts(free: Path) -> list[Path]:
    """The folders with a stage's checkpoints: ``free``, which is nobody's, and those of attempts."""
    return [free, *free.parent.glob(f"{free.name}{ATTEMPT}*")]


def inherit(free: Path) -> Path:
    """This attempt's folder, with the newest checkpoints in it; it isn't there if there are none.

    Nobody's, or those of a process of this machine that has died, are moved there. Whoever else has some may live,
    although its lease has run out: its files stay where they are, and are shared, for none is ever written to again.
    """
    own = beside(free, "")
    for folder in sorted(attempts(free), key=_sealed, reverse=True):
        with suppress(OSError, shutil.Error):  # what another process takes or removes meanwhile
            if folder != free and not abandoned(folder):
                if not own.exists():
                    _share(folder, own)
            elif own.exists():
                shutil.rmtree(folder)
            else:
                folder.rename(own)
    return own


def _sealed(folder: Path) -> float:
    """When the checkpoints in a folder were sealed."""
    try:
        return (folder / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


def _share(folder: Path, own: Path) -> None:
    try:
        shutil.copytree(folder, own, copy_function=_linked)
    except (OSError, shutil.Error):
        shutil.rmtree(own, ignore_errors=True)
        raise


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
