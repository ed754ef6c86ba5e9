"""Memory that was freed goes back to the system."""

import ctypes
from functools import cache
from typing import Any

EVERY = 8
"""Training steps between two calls of :func:`trim`: it then costs some 5 % of the time."""


def trim() -> None:
    """Give back what malloc holds; does nothing where the C library isn't glibc.

    Batches of many lengths leave free pieces that fit no later batch: without this a training on the CPU grows to
    several times what it needs.
    """
    if function := _malloc_trim():
        function(0)


@cache
def _malloc_trim() -> Any:
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None
