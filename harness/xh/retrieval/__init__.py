"""Sentence retrieval: vectors from an encoder, nearest neighbours, and margin-based bitext mining.

The public names load their module (torch, FAISS) when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xh.retrieval.encoding import encode, encode_layers
    from xh.retrieval.mining import mine
    from xh.retrieval.search import knn, nearest, ranked

__all__ = ["encode", "encode_layers", "knn", "mine", "nearest", "ranked"]

_HOME = {
    "encode": "encoding",
    "encode_layers": "encoding",
    "mine": "mining",
    "knn": "search",
    "nearest": "search",
    "ranked": "search",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(globals().keys() | _HOME.keys())
