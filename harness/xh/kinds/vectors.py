"""What kinds that search among vectors share: a place for them, and how far their making has got."""

import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any


def progress(log: Callable[[Mapping[str, Any]], None]) -> Callable[[int, int], None]:
    """What logs how many sentences are encoded: once a second at most, and a hundred times in all."""
    said, part = time.monotonic(), 0

    def tell(done: int, total: int) -> None:
        nonlocal said, part
        if time.monotonic() - said >= 1 and done * 100 // total > part:
            said, part = time.monotonic(), done * 100 // total
            log({"encoded": done, "sentences": total})

    return tell


def mapped(shape: tuple[int, int], folder: Path) -> Any:
    """A float32 matrix in a file without a name, which needs no memory of its own and goes when nobody has it any more.

    Raises OSError where the disk has no room for all of it.
    """
    import numpy as np

    with TemporaryFile(dir=folder) as file:
        file.truncate(4 * math.prod(shape))
        if hasattr(os, "posix_fallocate"):  # else a full disk ends the process when it is written to
            os.posix_fallocate(file.fileno(), 0, 4 * math.prod(shape))
        return np.asarray(np.memmap(file, np.float32, shape=shape))
