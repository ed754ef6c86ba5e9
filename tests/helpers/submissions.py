"""Submissions as folders."""

from collections.abc import Mapping
from pathlib import Path

from helpers.golden import read_golden


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write ``{path: text}`` below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return folder


def write_submission(folder: Path, name: str) -> tuple[Path, Path, dict]:
    """The folders ``predictions`` and ``labels`` of a golden submission, and the whole vector."""
    vector = read_golden(name)
    folders = [write_files(folder / side, vector[side]) for side in ("predictions", "labels")]
    return (*folders, vector)
