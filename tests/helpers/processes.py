"""Processes that tests look at."""

import time
from collections.abc import Callable

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def until(true: Callable[[], object], seconds: float = 1200.0) -> None:
    """Wait for something, on a busy machine too."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
