"""A worker that does no work but speaks as the real one does. What it does at a stage is in the file it is given.

done      commits a stage (as where nothing is said)             cached    says that another process made it
fail      says that the stage failed, after some log             log       writes to the log, then is done
die       is killed                                              die once  is killed the first time
lie       says that it is done, and did nothing
babble    says what is no JSON and goes on living                hang      works until it is told to stop
hang once works so the first time
meet      works until somebody else does
deaf      works on, whatever it is told
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import msgspec

from xh.engine.worker import Order
from xh.store import Store


def serve(order, behaviour):
    stage, store = order.stage, Store(order.locations.store)
    with (store.root / "orders.jsonl").open("a") as orders:
        where = order.locations
        orders.write(json.dumps([stage.phase, where.processes, list(where.gpus)]) + "\n")
    action = behaviour.get(" ".join(filter(None, (stage.phase, stage.purpose.inter, stage.purpose.target))), "done")
    if action == "die" or (action == "die once" and first(store.root / "died")):
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "hang once":
        action = "hang" if first(store.root / "hung") else "done"
    if action == "babble":
        print("no JSON", flush=True)
        time.sleep(600)
    if action == "cached":
        return say(event="done", cached=True, seconds=0.0)
    if action == "lie":
        return say(event="done", cached=False, seconds=0.5)
    with store.lock(stage.id), store.work(stage) as folder:
        if action == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if action in ("log", "fail", "hang", "deaf"):
            (folder / "log.jsonl").write_text('{"message": "working"}\n')
            say(event="log", entry={"message": "working"})
        if action == "meet":
            meet(store.root / "met")
        if action == "hang":
            threading.Thread(target=leave, daemon=True).start()
        if action in ("hang", "deaf"):
            time.sleep(600)
        if stage.phase != "evaluate":
            (folder / "model").mkdir()
            (folder / "model" / "weights").write_text("weights")
        if action == "fail":
            return fail(store, stage, folder)
        store.commit(stage, folder, {}, {}, 0.0, anew=stage.id in order.locations.anew)
    return say(event="done", cached=action == "cached", seconds=0.0 if action == "cached" else 0.5)


def fail(store, stage, folder):
    store._keep_log(stage.id, folder)
    say(event="error", type="MissingError", what="No rows.", why="None came.", todo="Wait.", trace="Traceback…")


def meet(folder):
    """Wait until another worker is here too."""
    folder.mkdir(exist_ok=True)
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)


def leave():
    """End, as soon as nobody can say anything any more."""
    if not os.read(0, 1):
        os._exit(0)


def first(path):
    if path.exists():
        return False
    path.touch()
    return True


def say(**event):
    print(json.dumps(event), flush=True)


class Terminated(BaseException):
    pass


def terminate(*_):
    raise Terminated


signal.signal(signal.SIGTERM, terminate)
behaviour = json.loads(Path(sys.argv[1]).read_text())
for line in sys.stdin.buffer:
    order = msgspec.json.decode(line, type=Order)
    pids = Path(order.locations.store, "pids")
    known = pids.read_text().split() if pids.exists() else []
    if str(os.getpid()) not in known:
        with pids.open("a") as file:
            file.write(f"{os.getpid()}\n")
    serve(order, behaviour)
