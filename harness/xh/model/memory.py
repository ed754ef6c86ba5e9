"""Memory that was freed goes back to the system, and work that asks for too much is done in smaller pieces."""

import ctypes
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

EVERY = 32
"""Training steps between two calls of :func:`trim`: it then costs some 2 % of the time."""


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


def exhausted(error: RuntimeError) -> bool:
    """Whether the error says that the device or the machine has no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or should_reduce_batch_size(error)


def release() -> None:
    """Free what a failed attempt held; call it after its error has been left behind."""
    clear_device_cache(garbage_collection=True)
    trim()


def pieces(batch: int) -> Iterator[int]:
    """Into how many equal pieces a batch of that many inputs can be cut: 1, 2, 4, … and in the end single inputs."""
    count = 1
    while batch % count == 0:
        yield count
        count *= 2
    if count // 2 != batch:
        yield batch


def halving(batch: list[int], work: Callable[[list[int]], None]) -> None:
    """Have ``work`` do a batch, in halves where memory does not suffice for the whole."""
    try:
        return work(batch)
    except RuntimeError as error:
        if len(batch) == 1 or not exhausted(error):
            raise
    release()
    for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
        halving(half, work)
