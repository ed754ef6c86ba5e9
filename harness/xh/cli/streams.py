"""The three standard streams, whatever state the command was started with."""

import os
import sys
from typing import TextIO

import click


def ready() -> None:
    """Have the null device where a stream is closed, lest the next file takes its number, and write any text."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def failing(error: OSError) -> TextIO | None:
    """The standard stream that couldn't be written, if that is what the error is about."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    if last is None or last.tb_frame.f_code is not click.echo.__code__:
        return None
    stream: TextIO = last.tb_frame.f_locals["file"]
    return stream


def drop(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, lest Python tries at its end again to write it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
