"""Which examples are drawn with replacement: the same draws for every set of the same size."""

from functools import lru_cache
from typing import Any

DRAWS = 1000
UNITS = 2000
"""What is drawn; where there are more examples, neighbours go together."""


def unit_starts(examples: int) -> Any:
    """The first example of each unit: a NumPy array of integers."""
    import numpy as np

    return np.linspace(0, examples, min(UNITS, examples), endpoint=False).astype(int)


@lru_cache(maxsize=8)
def times_drawn(units: int) -> Any:
    """How often each unit is drawn: a NumPy array [DRAWS, units] in float32."""
    import numpy as np

    drawn = np.random.default_rng(units).integers(units, size=(DRAWS, units))
    return np.stack([np.bincount(row, minlength=units) for row in drawn]).astype(np.float32)
