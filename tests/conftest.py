"""Fixtures for all tests."""

import json
import os
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(os.environ.get("XH_GOLDEN") or Path(__file__).parents[2] / "shared" / "golden")

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
