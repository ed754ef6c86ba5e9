"""What a stage of phase ``represent`` keeps: a vector for each text, and its class if it has one."""

from pathlib import Path
from typing import Any

from xh.store.files import unreadable

VECTORS, CLASSES = "vectors.npy", "labels.npy"


def vectors(folder: Path) -> Any:
    """A NumPy array [texts, dim] in float64; raises :class:`StorageError` where it can't be read."""
    found = _array(folder / VECTORS, 2)
    return found.astype("float64")


def classes(folder: Path) -> Any | None:
    """The number of each text's class [texts]; None where texts have none. Raises as above."""
    path = folder / CLASSES
    return _array(path, 1) if path.exists() else None


def _array(path: Path, dimensions: int) -> Any:
    import numpy as np

    try:
        found = np.load(path, allow_pickle=False)
        if found.ndim != dimensions or not np.isfinite(found).all():
            raise ValueError(f"It is not an array of finite numbers with {dimensions} dimensions.")
    except Exception as error:  # whatever a damaged file makes NumPy raise
        raise unreadable(path, error) from error
    return found
