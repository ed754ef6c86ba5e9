"""How one of several processes begins. Light, so that it decides how the rest is imported."""

import gc
import pickle
from typing import Any


def begin(sent: bytes, *more: Any) -> None:
    """Unpickle a function and its first arguments, which imports all that they need, and call it.

    None of what is imported is garbage: to look for some takes a fifth of the start.
    """
    gc.disable()
    function, *arguments = pickle.loads(sent)
    gc.freeze()
    gc.enable()
    function(*arguments, *more)
