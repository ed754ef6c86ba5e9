"""A store in which a run is under way."""

import pytest

from xh.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.open(tmp_path / "runs")
