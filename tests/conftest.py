"""Fixtures for all tests."""

import json
import math
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

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


def saved(path: Path, shapes: dict[str, list[int]]) -> None:
    """A safetensors file of bytes that are all zero."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + math.prod(shape)
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


@pytest.fixture
def write_weights() -> Callable[[Path, dict[str, list[int]]], None]:
    """A function that writes a safetensors file from the shapes of its weights."""
    return saved


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like an encoder of six layers."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "xlm-roberta", "num_hidden_layers": 6, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    saved(folder / "model.safetensors", {})
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
