"""Tasks, data and an encoder that are just enough for a plan."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from helpers.made_tasks import draw_plan, write_row
from xh.plan import Plan


@pytest.fixture
def all_rows(tmp_path: Path) -> None:
    """Data of all three made tasks in all their languages."""
    for where in ("qa/en/train", "qa/en/dev", "xqa/en/test", "xqa/de/test", "xqa/sw/test", "pairs/de/test"):
        write_row(tmp_path, where)
    write_row(tmp_path, "pairs/fr/test")


@pytest.fixture
def draw(monkeypatch, model, tmp_path) -> Callable[..., Plan]:
    """Draw a plan over the made tasks, or others: ``draw("qa", "xqa")``."""
    return partial(draw_plan, monkeypatch, model, tmp_path)
