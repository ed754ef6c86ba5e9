"""Runs with a worker that only pretends to work, and a plugin that writes down what it is told."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from xh.engine.outcome import Outcome
from xh.engine.session import execute, prepare
from xh.plan import Request
from xh.plugins import hookimpl, registry
from xh.spec import Stage

WORKER = Path(__file__).with_name("pretender.py")


def short(stage: Stage) -> str:
    """A stage as ``phase inter target``: ``target none xquad``, ``intermediate squad``."""
    return " ".join(filter(None, (stage.phase, stage.purpose.inter, stage.purpose.target)))


class Listening:
    """Keeps what the announcing hooks are told, as words: ``start target none xquad``."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @hookimpl
    def xh_run_start(self, stages, cached):
        self.heard.append(f"run of {len(stages)}, {len(cached)} there")

    @hookimpl
    def xh_run_end(self, done, failed, interrupted):
        self.heard.append(f"end: {len(done)} there, {len(failed)} failed" + (", interrupted" if interrupted else ""))

    @hookimpl
    def xh_phase_start(self, stage):
        self.heard.append(f"start {short(stage)}")

    @hookimpl
    def xh_phase_log(self, stage, entry):
        self.heard.append(f"log {entry.get('message', entry)}")

    @hookimpl
    def xh_phase_end(self, stage, seconds, cached):
        self.heard.append(f"{'cached' if cached else 'done'} {short(stage)}")

    @hookimpl
    def xh_phase_error(self, stage, error):
        self.heard.append(f"error {short(stage)}: {error.what}")


@pytest.fixture
def listening() -> Listening:
    return Listening()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runs: Path) -> Callable[..., Outcome]:
    """Run squad → xquad, bucc with a pretending worker: ``pretend({"evaluate none bucc": "fail"})``."""
    behaviour = tmp_path / "behaviour.json"
    monkeypatch.setattr("xh.engine.pool.GRACE", 600.0)
    monkeypatch.setattr("xh.engine.jobs.available", lambda: 10**12)
    monkeypatch.setattr("xh.engine.pool.COMMAND", (sys.executable, str(WORKER), str(behaviour)))
    return partial(run_pretending, behaviour, runs)


def run_pretending(behaviour: Path, runs: Path, /, events: dict[str, str], *plugins: Any, **more: Any) -> Outcome:
    """``events`` says what happens at which stages; at the others all goes well (see ``pretender.py``).

    The other arguments are plugins that listen, and fields of the request.
    """
    behaviour.write_text(json.dumps(events))
    fields = {"inter": ("squad",), "target": ("xquad", "bucc"), "langs": ("de",)} | more
    request = Request(runs=str(runs), **fields)
    return execute(request, prepare(request, registry()), registry(), *plugins)
