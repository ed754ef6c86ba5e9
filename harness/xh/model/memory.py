"""Memory that was freed goes back to the system, and work that asks for too much is done in smaller pieces."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
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


def forget_peak() -> None:
    """Have :func:`peak` count from here."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):  # no Linux
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int | None:
    """The most bytes that were in use since :func:`forget_peak`: of the GPU, else of this process; None if unknown."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


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
