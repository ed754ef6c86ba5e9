"""What a Dask worker does: one stage after another, in a process that ends when the worker does."""

import threading
import time
from pathlib import Path
from typing import Any

import dask
from distributed import Event, get_worker

from xh.api import Order, Pool, cores, environment

POLL = 0.5
"""Seconds between two looks at whether the run was stopped."""
ONE = threading.Lock()
THREADS = "OMP_NUM_THREADS"
pools: dict[tuple[Any, ...], Pool] = {}
"""The one pool of this worker, by what it was started with."""


def make(order: bytes, run: str, threads: int | None, share: int) -> None:
    """Have a stage made, and tell what happens to the topic ``run``: what a task returns goes with its worker.

    ``threads`` of the CPU, or without them a ``share``-th of the cores. Dask can't cancel what has begun; so the event
    ``run`` ends it.
    """
    wanted = Order.of(order)
    with ONE:
        pool = _pool(Path(wanted.locations.store) / "worker.log", threads or max(1, cores() // share))
        pool.send(0, wanted)
        worker, stop, looked = get_worker(), Event(run), time.monotonic()
        goes_on = True
        while goes_on:
            if said := pool.heard(POLL):
                event = said.event or {"event": "died", "cause": said.cause}
                worker.log_event(run, {"stage": wanted.stage.id, "event": event})
                goes_on = event["event"] == "log"
            if goes_on and time.monotonic() - looked > POLL:
                looked, goes_on = time.monotonic(), not stop.is_set()
                if not goes_on:
                    pool.end()


def _pool(log: Path, threads: int) -> Pool:
    """The worker's process is kept for the stages to come, unless another run wants another one."""
    variables = environment()
    preset = dask.config.get("distributed.nanny.pre-spawn-environ")
    variables = {name: text for name, text in variables.items() if str(preset.get(name)) != text}
    variables[THREADS] = str(threads)
    key = (log, *sorted(variables.items()))
    if key not in pools:
        for pool in pools.values():
            pool.end()
        pools.clear()
        pools[key] = Pool(log, [variables])
    return pools[key]
