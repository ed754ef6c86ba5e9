"""A store with stages made by hand."""

from pathlib import Path

import pytest

from xh.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "runs")
