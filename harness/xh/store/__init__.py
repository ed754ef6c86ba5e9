"""Finished stages on disk."""

from xh.store.store import Record, Store

__all__ = ["Record", "Store"]
