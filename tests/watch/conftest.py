"""A store in which a run is under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from helpers.underway import UnderWay
from xh.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.open(tmp_path / "runs")


@pytest.fixture
def under_way(store) -> Callable[..., Iterator[UnderWay]]:
    """A function that gives a context in which a run is under way."""

    @contextmanager
    def begun(title: str = "intermediate i", command: tuple[str, ...] = ("xh", "run")) -> Iterator[UnderWay]:
        with store.runs.run(command) as run:
            yield UnderWay(store, run.name, title)

    return begun
