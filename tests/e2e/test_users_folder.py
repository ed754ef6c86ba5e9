"""What lies in the folder where ``xh`` is started is never imported, whatever it is called.

The processes of a run don't either: test_several_processes.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.answers import write_library_names

XH = [str(Path(sys.executable).with_name("xh"))]
MODULE = [sys.executable, "-m", "xh"]
TATOEBA = ("--target", "tatoeba", "--langs", "de", "--limit-eval", "4")


def call(tmp_path: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command where files are called like libraries, and none can be imported."""
    write_library_names(tmp_path)
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    more = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")} | variables
    return subprocess.run(words, cwd=tmp_path, env=env | more, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("start", [XH, MODULE], ids=["xh", "python -m xh"])
def test_a_plan(tmp_path, start):
    done = call(tmp_path, *start, "plan", *TATOEBA)
    assert done.returncode == 0, done.stderr
