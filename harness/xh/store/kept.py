"""Vectors that stay in a store, whatever stage made them: one file each, named by what they were made from."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xh.store.files import flush, make_folder, share, storage
from xh.store.folders import ATTEMPT, WORK, abandoned, beside
from xh.store.locks import Locks

FOLDER = "vectors"


def keep(
    root: Path,
    made_from: Sequence[str],
    shape: tuple[int, int],
    fill: Callable[[Any], None],
    waiting: Callable[[], None],
) -> Path:
    """The file below ``root`` with the float32 matrix that ``fill`` writes, for NumPy to map: made once, never changed.

    It appears whole or not at all. ``waiting`` is called if another process is making it.
    """
    key = hashlib.sha256(json.dumps([*made_from, *shape]).encode()).hexdigest()[:32]
    path = root / FOLDER / f"{key}.npy"
    with storage(path.parent):
        make_folder(path.parent)
    with Locks(root / "locks").hold(f"{FOLDER}-{key}", waiting):
        if not _is_whole(path, shape):
            _make(path, shape, fill)
    return path


def _make(path: Path, shape: tuple[int, int], fill: Callable[[Any], None]) -> None:
    import numpy as np

    for left in filter(abandoned, path.parent.glob(f"{WORK}*{ATTEMPT}*")):
        left.unlink(missing_ok=True)
    work = beside(path, WORK)
    try:
        matrix = np.lib.format.open_memmap(work, mode="w+", dtype=np.float32, shape=shape)
        if hasattr(os, "posix_fallocate"):  # else a full disk ends the process when it is written to
            with work.open("rb+") as file:
                os.posix_fallocate(file.fileno(), 0, work.stat().st_size)
        fill(matrix)
        matrix.flush()
        share(work)
        flush(work)
        work.replace(path)
    finally:
        with suppress(OSError):
            work.unlink(missing_ok=True)


def _is_whole(path: Path, shape: tuple[int, int]) -> bool:
    import numpy as np

    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return bool(found.shape == shape and found.dtype == np.float32)
