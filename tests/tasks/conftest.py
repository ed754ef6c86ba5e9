"""The built-in tasks and the sample of their data."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xh.data.locate import locate
from xh.mini import SAMPLE
from xh.plugins import registry
from xh.spec import Locations, MissingError, TaskSpec
from xh.spec.examples import Examples
from xh.stage import load
from xh.stage.labels import labelled

LOADING: Any = SimpleNamespace(plugins=SimpleNamespace(hook=SimpleNamespace(xh_load_data=load.load_data)))


class Source:
    """A folder with data sets."""

    def __init__(self, folder: Path) -> None:
        self.locations = Locations(store="", data=str(folder), offline=True)

    def has(self, task: TaskSpec, split: str, lang: str) -> bool:
        try:
            return bool(locate(task, split, lang, self.locations))
        except MissingError:
            return False

    def load(self, task: TaskSpec, split: str, lang: str) -> Examples:
        return _loaded(self.locations.data, task.name, split, lang)

    def load_unnamed(self, task: TaskSpec, split: str, lang: str) -> Examples:
        """Examples of a task that isn't built in."""
        return load.load_examples(LOADING, self.locations, task, split, lang)

    def labelled(self, task: TaskSpec) -> TaskSpec:
        """The record, with the labels of its data where it names none."""
        return labelled(task, self.splits(task), LOADING, self.locations)

    def splits(self, task: TaskSpec) -> Iterator[tuple[str, str]]:
        """Every split and language of a task that is there."""
        for split in task.splits:
            langs = task.languages if split == "test" else ("en",) if "en" in task.languages else task.languages
            yield from ((split, lang) for lang in langs if self.has(task, split, lang))


@cache
def _loaded(folder: str, name: str, split: str, lang: str) -> Examples:
    source = Source(Path(folder))
    return source.load_unnamed(source.labelled(builtin()[name]), split, lang)


@cache
def builtin() -> dict[str, TaskSpec]:
    """The records of all built-in tasks."""
    return {claim.record.name: claim.record for _, claim in registry().tasks if claim.dist == "xh"}


@pytest.fixture
def sample() -> Source:
    return Source(SAMPLE)


@pytest.fixture(scope="session")
def tasks() -> dict[str, TaskSpec]:
    return builtin()


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(builtin()))
