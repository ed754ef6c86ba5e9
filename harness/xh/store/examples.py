"""A stage's ``examples.npz``: what each example adds to its scores."""

import zipfile
from pathlib import Path
from typing import Any

from xh.spec import StorageError

EXAMPLES = "examples.npz"
ROOM = 2**30
"""Bytes that no benchmark's examples come near."""


def example_counts(folder: Path) -> dict[str, Any]:
    """By ``<lang>/<metric>``: what of each example is right and out of how much, a NumPy array of shape [n, 2].

    Empty where the stage has none; raises :class:`StorageError` where they can't be read.
    """
    path = folder / EXAMPLES
    try:
        return _read(path) if path.exists() else {}
    except Exception as error:  # whatever a damaged archive makes zipfile, zlib and NumPy raise
        raise StorageError(
            f"{path} can't be read.",
            why=str(error) or type(error).__name__,
            todo=f"Remove the stage (xh store rm {folder.name} --runs {folder.parent.parent}) and run it again.",
        ) from error


def _read(path: Path) -> dict[str, Any]:
    import numpy as np

    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > ROOM:
            raise ValueError("It unpacks to more than any examples.")
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
    if wrong := [name for name, each in found.items() if each.shape[1:] != (2,) or not np.isfinite(each).all()]:
        raise ValueError(f"{wrong[0]} is not an array of finite numbers of shape [n, 2].")
    return found
