"""Finished stages on disk."""

from xh.store.checkpoints import Checkpoints
from xh.store.store import Record, RunRecord, Store

__all__ = ["Checkpoints", "Record", "RunRecord", "Store"]
