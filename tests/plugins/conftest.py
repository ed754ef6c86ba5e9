"""Made-up plugins, installed by faking the entry points."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from xh.api import Files, TaskSpec, hookimpl
from xh.plugins.manager import Plugins, load
from xh.plugins.registry import Registry


class Plugin:
    """An entry point of ``dist`` whose module has ``hooks``; loading it does what ``on_load`` does."""

    def __init__(
        self, dist: str | None, entry: str = "", on_load: Callable[[], Any] | None = None, **hooks: Any
    ) -> None:
        self.name = entry or (dist or "").removeprefix("xh-")
        self.dist = SimpleNamespace(name=dist, version=dist and "1.0")
        self.module, self.on_load = ModuleType(self.name), on_load
        for name, function in hooks.items():
            setattr(self.module, name, hookimpl(function))

    def load(self) -> Any:
        return self.on_load() if self.on_load else self.module


@pytest.fixture
def plugin() -> type[Plugin]:
    return Plugin


@pytest.fixture
def discover(monkeypatch) -> Callable[..., Plugins]:
    """A function that loads just these plugins."""

    def discovered(*plugins: Plugin) -> Plugins:
        monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: plugins if group == "xh" else ())
        return load()

    return discovered


@pytest.fixture
def register(discover) -> Callable[..., Registry]:
    """A function that makes a registry of just these plugins."""
    return lambda *plugins: Registry(discover(*plugins))


@pytest.fixture
def task() -> Callable[..., TaskSpec]:
    """A function from a name, and the fields that matter, to a task."""

    def made(name: str, **fields: Any) -> TaskSpec:
        defaults: dict[str, Any] = {
            "kind": "classify",
            "roles": ("intermediate", "target"),
            "languages": ("en", "de"),
            "data": Files(paths=("{lang}/{split}.jsonl",), splits={"train": "train", "test": "test"}),
            "labels": ("no", "yes"),
            "metric": "accuracy",
        }
        return TaskSpec(name=name, **(defaults | fields))

    return made
