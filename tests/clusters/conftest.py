"""Runs on real Dask workers whose processes only pretend to work (tests/engine/pretender.py)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.processes import tree

PRETENDER = Path(__file__).parents[1] / "engine" / "pretender.py"
PATCH = """
import os, sys
if words := os.environ.get("XH_PRETEND"):
    import xh.engine.pool
    xh.engine.pool.COMMAND = (sys.executable, *words.split())
"""
"""Dask's workers are processes of their own, so that this has to stand in their path."""
XH = Path(sys.executable).with_name("xh")


@pytest.fixture
def real() -> None:
    """Only in the optional suite, and with Dask."""
    if not os.environ.get("XH_CLUSTER"):
        pytest.skip("part of the optional suite: XH_CLUSTER=1")
    pytest.importorskip("dask_jobqueue", reason='no Dask: pip install "xh[dask]"')


class Runs:
    """Commands that run squad → xquad, bucc in one store, with workers that pretend."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        (folder / "sitecustomize.py").write_text(PATCH)

    def start(self, behaviour: dict[str, str], *words: str, jobs: int = 2) -> subprocess.Popen[str]:
        """A run under way; ``behaviour`` as for the pretender."""
        wanted = ("--inter", "squad", "--target", "xquad,bucc", "--langs", "de", "--runs", "runs", "--json")
        command = [str(XH), "run", *wanted, "--engine", "dask", "--jobs", str(jobs), *words]
        pretend = self.pretend(behaviour)
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | pretend,
            text=True,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        self.started.append(process)
        return process

    def pretend(self, behaviour: dict[str, str]) -> dict[str, str]:
        """The variables with which Dask's workers have such processes."""
        path = self.folder / f"behaviour{len(self.started)}.json"
        path.write_text(json.dumps(behaviour))
        return {"PYTHONPATH": str(self.folder), "XH_PRETEND": f"{PRETENDER} {path}"}

    def made(self) -> int:
        """How many stages are in the store."""
        return len([*self.folder.glob("runs/stages/*/stage.json")])

    def end(self) -> None:
        for process in self.started:
            for each in tree(process.pid):
                each.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture
def runs(real, tmp_path: Path) -> Iterator[Runs]:
    found = Runs(tmp_path)
    yield found
    found.end()
