"""Whether a training fits one GPU."""

FIXED, LEARNT = 4, 12
"""Bytes of a weight in float32, and what one that is learnt needs beside it: a gradient and two moments."""
ROOM = 0.7
"""The share of a GPU's memory that this may take; activations need the rest."""


def fits(weights: int, learnt: int, memory: int) -> bool:
    """Whether ``memory`` bytes of a GPU have room for a training of ``learnt`` of a model's ``weights``."""
    return FIXED * weights + LEARNT * learnt <= ROOM * memory
