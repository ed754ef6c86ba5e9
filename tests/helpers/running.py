"""``xh`` as tests run it: in this process, and in one of its own."""

import io
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from helpers.answers import Answer
from xh.cli.main import main
from xh.engine.execute import prepare
from xh.engine.pool import Said
from xh.engine.worker import Order, serve
from xh.plugins import registry


class PoolHere:
    """The engine's workers in this process, where torch is imported already. What is sent and said is JSON still.

    That takes six seconds less than a process of its own; those are tested in tests/engine and tests/faults.
    """

    def __init__(self, log: Path, environments: Sequence[Mapping[str, str]]) -> None:
        from xh.stage.cache import StageCache

        self.cache, self.environments = StageCache(), environments
        self.said: deque[Said] = deque()

    def __enter__(self) -> "PoolHere":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, place: int, order: Order) -> None:
        received = msgspec.json.decode(msgspec.json.encode(order), type=Order)
        serve(
            received,
            self.cache,
            lambda event: self.said.append(Said(place, json.loads(json.dumps(event, default=str)))),
        )

    def next(self) -> Said:
        return self.said.popleft()


@contextmanager
def worker_here() -> Iterator[None]:
    """A context in which runs have their worker in this process, and leave no variables there."""
    with pytest.MonkeyPatch.context() as patched, patch.dict(os.environ):
        patched.setattr("xh.engine.local.Pool", PoolHere)
        yield
    prepare.cache_clear()


def answer_here(folder: Path, *words: object) -> Answer:
    """What ``xh`` answers to these words in a folder, worker and all in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with worker_here(), chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return Answer(code, *(file.buffer.getvalue().decode("utf-8") for file in (out, err)))


def call_main(capsys: pytest.CaptureFixture[str], *words: object) -> Answer:
    """What ``xh`` answers to these words in the current folder."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    return Answer(code, *capsys.readouterr())


def run_installed(folder: Path, *words: str, **variables: str) -> Answer:
    """What the installed command answers in a process of its own, with plugins from ``folder / "site"``."""
    env = os.environ | {"PYTHONPATH": str(folder / "site")} | variables
    script = Path(sys.executable).with_name("xh")
    done = subprocess.run([script, *words], capture_output=True, text=True, env=env, cwd=folder, timeout=600)
    return Answer(done.returncode, done.stdout, done.stderr)


def answer_with_installed(folder: Path, *words: str) -> Answer:
    """What ``xh`` answers in this process, where heavy commands take no seconds to start, with the same plugins."""
    site = folder / "site"
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(site)
        patched.setenv("PYTHONPATH", str(site))
        _forget_plugins(site)
        try:
            return answer_here(folder, *words)
        finally:
            _forget_plugins(site)


def _forget_plugins(site: Path) -> None:
    from xh.testing.subject import installed

    registry.cache_clear()
    installed.cache_clear()
    for path in site.glob("*.py"):
        sys.modules.pop(path.stem, None)


def run_command(
    folder: Path, command: list[str], environment: dict[str, str], *words: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command with these words in a folder, with further variables."""
    return subprocess.run(
        [*command, *words], env=environment | variables, cwd=folder, capture_output=True, text=True, timeout=600
    )
