"""What a stage keeps of its examples: what each one adds to the scores, and the scores of resampled examples."""

import zipfile
from pathlib import Path
from typing import Any

from xh.store.files import unreadable

EXAMPLES = "examples.npz"
DRAWN = "draws.npz"
"""Only where there are metrics that are no sums over examples."""
ROOM = 2**30
"""Bytes that no benchmark's examples come near."""


def example_counts(folder: Path) -> dict[str, Any]:
    """By ``<lang>/<metric>``: for each example how much is right, and out of how much: a NumPy array of shape [n, 2].

    Empty where the stage has none; raises :class:`StorageError` where they can't be read.
    """
    return _arrays(folder / EXAMPLES, (2,))


def drawn_scores(folder: Path) -> dict[str, Any]:
    """By ``<lang>/<metric>``: a metric's score in percent in each draw of examples, and by ``<lang>`` their number.

    See :mod:`xh.store.resampling`. Empty where the stage has none; raises :class:`StorageError` as above.
    """
    return _arrays(folder / DRAWN, ())


def _arrays(path: Path, shape: tuple[int, ...]) -> dict[str, Any]:
    try:
        return _read(path, shape) if path.exists() else {}
    except Exception as error:  # whatever a damaged archive makes zipfile, zlib and NumPy raise
        raise unreadable(path, error) from error


def _read(path: Path, shape: tuple[int, ...]) -> dict[str, Any]:
    import numpy as np

    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > ROOM:
            raise ValueError("It unpacks to more than examples could need.")
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
    if wrong := [name for name, each in found.items() if each.shape[1:] != shape or not np.isfinite(each).all()]:
        raise ValueError(f"{wrong[0]} is not an array of finite numbers of shape {['n', *shape]}.")
    return found
