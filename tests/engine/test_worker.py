"""The real worker process, as far as it goes without torch."""

import json
import os
import signal
import subprocess
import sys

import pytest
from msgspec.structs import replace

from xh.engine import worker
from xh.engine.worker import Order
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import StorageError
from xh.stage.cache import StageCache


@pytest.fixture
def order(tmp_path):
    plan = build(Request(inter=(), target=("bucc",), langs=("de",), runs=str(tmp_path)), registry())
    return Order(next(iter(plan.stages.values())), plan.locations)


BROKEN = """
from xh.engine import worker

def fail(*_, **__):
    print("noise")
    raise ValueError("no libraries")

worker._import = lambda *_: None
worker.execute = fail
worker.main()
"""


@pytest.fixture
def idle(order):
    """A worker that could not do its first order and waits for the next; ``event`` is what it said."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", BROKEN], **pipes) as process:
        process.stdin.write(order.line())
        process.stdin.flush()
        process.event = json.loads(process.stdout.readline())
        yield process
        process.kill()


def test_an_order_arrives_as_it_was_sent_whatever_its_paths_are_called(order):
    odd = replace(order, locations=replace(order.locations, data=os.fsdecode(b"/a\n[1]\xff"), own={"mlm": "/日 =,"}))
    assert odd.line().count(b"\n") == 1
    assert Order.of(odd.line()) == odd


def test_a_worker_says_what_happens_and_nothing_else(idle):
    assert (idle.event["event"], idle.event["what"]) == ("error", "ValueError: no libraries")
    assert idle.communicate() == (b"", b"noise\n")


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        (StorageError("No space.", todo="Free some."), "StorageError", "No space."),
        (ZeroDivisionError("division by zero"), "StageError", "ZeroDivisionError: division by zero"),
        (SystemExit(3), "StageError", "SystemExit: 3"),
        (MemoryError(), "StageError", "The machine has too little memory to start."),
    ],
)
def test_whatever_a_stage_raises_is_told_and_the_worker_lives(order, monkeypatch, error, kind, what):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(worker, "execute", fail)
    events = []
    worker.serve(order, StageCache(), events.append)
    (event,) = events
    assert (event["event"], event["type"], event["what"]) == ("error", kind, what)
    assert "Traceback" in event["trace"]


def test_a_worker_ends_when_nobody_can_send_orders_any_more(idle):
    idle.stdin.close()
    assert idle.wait(600) == 0


def test_a_worker_ends_quietly_when_it_is_told_to(idle):
    idle.send_signal(signal.SIGTERM)
    assert idle.wait(600) == 128 + signal.SIGTERM
    assert idle.stderr.read() == b"noise\n"


def test_a_worker_leaves_ctrl_c_to_the_main_process(idle):
    idle.send_signal(signal.SIGINT)
    idle.stdin.close()
    assert idle.wait(600) == 0
