"""The worker process, which imports torch once and executes one stage after another.

It reads a JSON line per stage and writes JSON lines about what happens. When the main process ends, it ends too.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TextIO

import msgspec
from msgspec import Struct

from xh.engine.execute import execute, prepare
from xh.spec import Locations, Stage, XhError

if TYPE_CHECKING:
    from xh.stage.cache import StageCache

NO_MEMORY = "The machine has too little memory to start."


class Order(Struct, frozen=True):
    """One line of what the worker is sent."""

    stage: Stage
    locations: Locations

    def line(self) -> bytes:
        """The order as JSON; paths may hold bytes that are not text, which msgspec can neither write nor read."""
        return json.dumps(msgspec.to_builtins(self)).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "Order":
        """The order that was sent."""
        return msgspec.convert(json.loads(line), cls)


class _Terminated(BaseException):
    """SIGTERM came."""


def main() -> None:
    """Serve orders from standard input until it closes. SIGTERM ends the work and clears its folder away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _terminate)
    out = private_stdout()
    orders: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    from xh.stage.cache import StageCache

    cache = StageCache()
    try:
        while True:
            serve(Order.of(orders.get()), cache, lambda event: said(out, event))
    except _Terminated:
        os._exit(128 + signal.SIGTERM)  # at an ordinary exit Python aborts, for the thread still reads standard input


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the clearing away
    raise _Terminated


def _listen(orders: "SimpleQueue[bytes]") -> None:
    """Queue the orders; end the process, whatever it is doing, when there can be no more."""
    for line in sys.stdin.buffer:
        orders.put(line)
    os._exit(0)


def serve(order: Order, cache: "StageCache", send: Callable[[Mapping[str, Any]], None]) -> None:
    """Have a stage made; ``send`` gets what happens, last that it is done or the error."""
    started = time.monotonic()
    try:
        _import(order.locations.device, order.locations.offline)

        def report(entry: Mapping[str, Any]) -> None:
            send({"event": "log", "entry": entry})

        cached = execute(order.stage, order.locations, report=report, cache=cache)
        send({"event": "done", "cached": cached, "seconds": time.monotonic() - started})
    except XhError as error:
        send({"event": "error", "type": type(error).__name__, **vars(error), "trace": traceback.format_exc()})
    except (Exception, SystemExit) as error:
        what = NO_MEMORY if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"
        send({"event": "error", "type": "StageError", "what": what, "trace": traceback.format_exc()})


@cache
def _import(device: str, offline: bool) -> None:
    """What all stages need. None of it is garbage, among which the collector would look again after each training."""
    gc.disable()
    try:
        prepare(device, offline)
        import xh.stage.execute  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()


def private_stdout() -> TextIO:
    """The original standard output; what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def said(out: TextIO, event: Mapping[str, Any]) -> None:
    """Say what happened, as a line of JSON."""
    out.write(json.dumps(event, default=str) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
