"""Encoders as people publish them, made readable once: pickled weights as safetensors, slow tokenizers as fast ones.

What was made lies beside the Hub's cache, under the hash of what it was made of. The work is done by a process of its
own (:mod:`xh.model.convert`), for a pickle that is read may break what reads it.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from xh.data.fetch import PICKLED, SLOW, home
from xh.data.locate import content_hash
from xh.data.patterns import matching
from xh.spec import MissingError

READ = ("*.json", *PICKLED, *SLOW)
VERSION = 1
"""Raised when what is made changes."""


def needs_conversion(folder: Path) -> bool:
    """Whether an encoder's folder has its weights or its tokenizer in an older form only."""
    return bool(pickled(folder)) or not matching(folder, "tokenizer.json")


def pickled(folder: Path) -> list[Path]:
    """The pickled weights of a folder that has no other ones."""
    return [] if matching(folder, "*.safetensors") else [path for name in PICKLED for path in matching(folder, name)]


def slow(folder: Path) -> list[Path]:
    """The files that a fast tokenizer can be made of."""
    return [path for name in SLOW for path in matching(folder, name)]


def usable(folder: Path) -> Path:
    """The folder itself, or one beside the Hub's cache with what was made of it; raises where that can't be done."""
    if not needs_conversion(folder):
        return folder
    made = home() / "encoders" / _name(folder)
    if not made.is_dir():
        made.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=made.parent, prefix=".work-") as work:
            _convert(folder, Path(work) / "made")
            try:
                (Path(work) / "made").rename(made)
            except OSError:
                if not made.is_dir():  # else another process was faster
                    raise
    return made


def _name(folder: Path) -> str:
    """A hash of what is read, and of which files are linked to: weights that are safetensors already."""
    sources = sorted({path for name in READ for path in matching(folder, name)})
    links = [(str(path.resolve()), path.stat().st_mtime_ns) for path in sorted(matching(folder, "*.safetensors"))]
    return hashlib.sha256(json.dumps([VERSION, content_hash(sources), links]).encode()).hexdigest()[:24]


def _convert(folder: Path, target: Path) -> None:
    words = [sys.executable, "-P", "-m", "xh.model.convert", str(folder), str(target)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"It ended with code {done.returncode}."])[-1]
        raise MissingError(
            f"The encoder in {folder} can't be converted.",
            why=why,
            todo="Save it with save_pretrained(folder), as safetensors and with a fast tokenizer.",
        )
