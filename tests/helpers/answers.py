"""What ``xh`` answered, and what an error must say."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

LIBRARIES = (
    "datasets/__init__.py",
    "peft/__init__.py",
    "transformers/__init__.py",
    "msgspec.py",
    "numpy.py",
    "torch.py",
)


class Answer(NamedTuple):
    code: int
    out: str
    err: str


def process(folder: Path, *words: object, **variables: str) -> Answer:
    """Run the command in a process of its own."""
    env = os.environ | {"NO_COLOR": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"} | variables
    command = [sys.executable, "-c", "import sys; from xh.cli.main import main; sys.exit(main())", *map(str, words)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=env, cwd=folder, timeout=600)
    return Answer(done.returncode, done.stdout, done.stderr)


def write_library_names(folder: Path) -> None:
    """Files that are called like libraries, and that nothing can import."""
    for name in LIBRARIES:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("raise RuntimeError('imported from the current folder')\n")


def assert_says(err, lines):
    """The lines, in this order, and no traceback."""
    places = [err.find(line) for line in lines]
    assert -1 not in places, f"{lines[places.index(-1)]!r} is not in:\n{err}"
    assert places == sorted(places), err
    assert "Traceback" not in err
    assert "bug in xh" not in err
