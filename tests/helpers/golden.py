"""What the official scorers answered."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(os.environ.get("XH_GOLDEN") or Path(__file__).parents[3] / "shared" / "golden")


@cache
def _parsed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def read_golden(name: str) -> Any:
    """What the official scorers answered, by the name of the file; the test is skipped where there are none."""
    if not GOLDEN.is_dir():
        pytest.skip(f"golden vectors not found at {GOLDEN}")
    return _parsed(GOLDEN / name)
