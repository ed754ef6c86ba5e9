"""How one of several processes begins: as a fork of a server that has imported what they all need."""

import gc
import os
import pickle
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any


def context() -> ForkServerContext:
    """What starts processes; its server lives as long as this process, and imports once for all trainings."""
    found = get_context("forkserver")
    found.set_forkserver_preload(["xh.training.trainer"])
    return found


def begin(sent: bytes, environment: Mapping[str, str], *more: Any) -> None:
    """Call a pickled function with its first arguments and these, with the variables of who asks for it.

    None of what the server imported is garbage, and to look for some takes long.
    """
    gc.freeze()
    os.environ.clear()
    os.environ.update(environment)
    function, *arguments = pickle.loads(sent)
    function(*arguments, *more)
