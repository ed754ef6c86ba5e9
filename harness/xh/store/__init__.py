"""Finished stages on disk."""

from xh.store.checkpoints import Checkpoints
from xh.store.history import RunRecord
from xh.store.record import File, Record
from xh.store.store import Store

__all__ = ["Checkpoints", "File", "Record", "RunRecord", "Store"]
