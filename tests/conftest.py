"""Fixtures for all tests."""

import io
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from xh.cli.main import main
from xh.engine.worker import Order, _serve

GOLDEN = Path(os.environ.get("XH_GOLDEN") or Path(__file__).parents[2] / "shared" / "golden")

# Tiny models on busy cores spend their time waiting for a second thread; PyTorch and the tests' processes heed this.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A suite that was started in the background ignores SIGINT, and so would the runs that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@cache
def _parsed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture
def golden() -> Callable[[str], Any]:
    """A function from a file name to what the official scorers answered; the test is skipped where that is absent."""
    if not GOLDEN.is_dir():
        pytest.skip(f"golden vectors not found at {GOLDEN}")
    return lambda name: _parsed(GOLDEN / name)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like an encoder of six layers."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "xlm-roberta", "num_hidden_layers": 6, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A function from a size (``8m``) to a real file system that has no more room; the test is skipped without one."""
    folder = tmp_path / "disk"
    done: list[Path] = []

    def mount(size: str) -> Path:
        folder.mkdir()
        try:
            words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
            able = subprocess.run(words, capture_output=True).returncode == 0
        except OSError:
            able = False
        if not able:
            pytest.skip("no tmpfs can be mounted here")
        done.append(folder)
        return folder

    yield mount
    for each in done:
        subprocess.run(["umount", "--lazy", str(each)], check=True)  # mapped weights may outlive a test


class Answer(NamedTuple):
    """What ``xh`` answered."""

    code: int
    out: str
    err: str


class WorkerHere:
    """The engine's worker in this process, where torch is imported already. What is sent and said is JSON all the same.

    That takes six seconds less than a process of its own; those are tested in tests/engine and tests/faults.
    """

    def __init__(self, log: Path) -> None:
        from xh.stage.memo import Memo

        self.memo = Memo()

    def __enter__(self) -> "WorkerHere":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def events(self, order: Order) -> Iterator[dict[str, Any]]:
        said: list[str] = []
        received = msgspec.json.decode(msgspec.json.encode(order), type=Order)
        _serve(received, self.memo, lambda event: said.append(json.dumps(event, default=str)))
        return map(json.loads, said)


@pytest.fixture
def worker_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this test start no process."""
    monkeypatch.setattr("xh.engine.local._Workers", WorkerHere)


@pytest.fixture(scope="session")
def here() -> Callable[..., Answer]:
    """A function from a folder and words to what ``xh`` answers there, worker and all in this process."""

    def call(folder: Path, *words: object) -> Answer:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with chdir(folder), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patched:
            patched.setenv("NO_COLOR", "1")
            patched.setattr("xh.engine.local._Workers", WorkerHere)
            code = main([str(word) for word in words])
        return Answer(code, *(file.buffer.getvalue().decode("utf-8") for file in (out, err)))

    return call
