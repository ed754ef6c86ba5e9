"""What the stages of one worker share: whatever several of them would make alike is made once."""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

ROOM = 2**29
FILES = 2**33
"""Bytes of vectors that are kept on the disk."""


class StageCache:
    """Made values by what they were made from, kept pickled: each stage has a copy of its own.

    Beyond ``room`` bytes those that have gone unused longest are dropped.
    """

    def __init__(self, room: int = ROOM) -> None:
        self.room, self.size = room, 0
        self.kept: OrderedDict[bytes, bytes] = OrderedDict()
        self.vectors: OrderedDict[bytes, Any] = OrderedDict()

    def once(self, make: Callable[[], T], *made_from: Any) -> T:
        """What ``make`` gives, or gave for arguments that msgspec encodes to the same bytes.

        Without such an encoding, or where what is made can't be pickled, it is made every time.
        """
        if not self.room:
            return make()
        try:
            key = hashlib.sha256(msgspec.msgpack.encode(made_from)).digest()
        except (TypeError, ValueError, OverflowError, MemoryError):
            return make()
        if key in self.kept:
            self.kept.move_to_end(key)
            known: T = pickle.loads(self.kept[key])
            return known
        made = make()
        with suppress(pickle.PicklingError, AttributeError, TypeError, MemoryError):
            self._keep(key, pickle.dumps(made))
        return made

    def vectors_once(self, make: Callable[[], Any], key: bytes) -> Any:
        """The matrix that ``make`` gives, or gave for this key; shared, so nobody may change it.

        It should lie in a file (:func:`xh.kinds.vectors.mapped`). Beyond ``FILES`` bytes the oldest ones are let go.
        """
        if key not in self.vectors:
            made = make()
            if self.room:
                self.vectors[key] = made
            while sum(each.nbytes for each in self.vectors.values()) > FILES:
                self.vectors.popitem(last=False)
            return made
        return self.vectors[key]

    def _keep(self, key: bytes, value: bytes) -> None:
        if len(value) > self.room:
            return
        self.kept[key] = value
        self.size += len(value)
        while self.size > self.room:
            _, dropped = self.kept.popitem(last=False)
            self.size -= len(dropped)
