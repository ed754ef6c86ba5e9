"""A store filled by hand: stages with scores, as the engine would have left them."""

from pathlib import Path

import pytest

from helpers.shelf import Shelf
from xh.store import Store


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(Store.open(tmp_path / "runs"))
