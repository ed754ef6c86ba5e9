"""Made-up plugins, installed by faking the entry points."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from xh.api import Files, TaskSpec, hookimpl
from xh.plugins.manager import Plugins, load
from xh.plugins.registry import Registry


class Owner(NamedTuple):
    """What is asked of a distribution."""

    name: str | None
    version: str | None


class Plugin:
    """An entry point of ``dist`` whose module has ``hooks``; loading it does what ``on_load`` does."""

    def __init__(
        self, dist: str | None, entry: str = "", on_load: Callable[[], Any] | None = None, **hooks: Any
    ) -> None:
        self.name = entry or (dist or "").removeprefix("xh-")
        self.dist = Owner(dist, dist and "1.0")
        self.module, self.on_load = ModuleType(self.name), on_load
        for name, function in hooks.items():
            setattr(self.module, name, hookimpl(function))

    def load(self) -> Any:
        return self.on_load() if self.on_load else self.module


def discover(monkeypatch, *plugins: Plugin) -> Plugins:
    """Load just these plugins."""
    monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: plugins if group == "xh" else ())
    return load()


def register(monkeypatch, *plugins):
    """A registry of just these plugins."""
    return Registry(discover(monkeypatch, *plugins))


def make_task(name: str, **fields: Any) -> TaskSpec:
    """A task of a name, with the fields that matter."""
    defaults: dict[str, Any] = {
        "kind": "classify",
        "roles": ("intermediate", "target"),
        "languages": ("en", "de"),
        "data": Files(paths=("{lang}/{split}.jsonl",), splits={"train": "train", "test": "test"}),
        "labels": ("no", "yes"),
        "metric": "accuracy",
    }
    return TaskSpec(name=name, **(defaults | fields))
