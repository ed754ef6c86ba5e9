"""What lies in the folder where ``xh`` is started is never imported, whatever it is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("datasets/__init__.py", "peft/__init__.py", "transformers/__init__.py", "msgspec.py", "numpy.py", "torch.py")
XH = [str(Path(sys.executable).with_name("xh"))]
MODULE = [sys.executable, "-m", "xh"]
TATOEBA = ("--target", "tatoeba", "--langs", "de", "--limit-eval", "4")


@pytest.fixture
def call(tmp_path: Path):
    """Run a command where files are called like libraries, and none can be imported."""
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("raise RuntimeError('imported from the current folder')\n")
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}

    def called(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        more = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")} | variables
        return subprocess.run(words, cwd=tmp_path, env=env | more, capture_output=True, text=True, timeout=300)

    return called


@pytest.mark.parametrize("start", [XH, MODULE], ids=["xh", "python -m xh"])
def test_a_plan(call, start):
    done = call(*start, "plan", *TATOEBA)
    assert done.returncode == 0, done.stderr


def test_a_run_whose_training_has_two_processes(call):
    words = ("--inter", "squad", "--limit-train", "16", "--set", "squad.epochs=1")
    done = call(*MODULE, "run", *TATOEBA, *words, LOCAL_RANK="0", LOCAL_WORLD_SIZE="2", WORLD_SIZE="2")
    assert done.returncode == 0, done.stderr
