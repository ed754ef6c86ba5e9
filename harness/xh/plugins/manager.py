"""Finds the plugins, one entry point at a time, so that a broken one costs nothing but its own tasks."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from textwrap import shorten
from time import perf_counter
from typing import Any

import pluggy
from msgspec import Struct

from xh.plugins import hookspecs
from xh.plugins.hookspecs import GROUP

BUILT_IN = "xh"
DISABLE = "XH_DISABLE_PLUGINS"


class Plugin(Struct, frozen=True):
    """One entry point: loaded with its hooks, or broken with the reason, or disabled."""

    entry: str
    dist: str
    version: str
    hooks: tuple[str, ...] = ()
    problem: str | None = None
    disabled: bool = False


class Plugins:
    """The plugin manager, and what became of each entry point.

    ``seconds``: what importing and registering each of ``found`` took, by its number there. What several of them import
    counts for the first.
    """

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.found: list[Plugin] = []
        self.seconds: defaultdict[int, float] = defaultdict(float)
        self._modules: dict[int, Any] = {}

    @property
    def hook(self) -> Any:
        """pluggy's relay: ``plugins.hook.xh_evaluate(job=job)``."""
        return self.manager.hook

    @property
    def broken(self) -> list[Plugin]:
        """The plugins that could not be loaded, or whose registration went wrong."""
        return [plugin for plugin in self.found if plugin.problem]

    @property
    def packages(self) -> dict[str, str]:
        """The top-level packages of the plugins, with their distributions."""
        modules = ((getattr(each, "__name__", ""), number) for number, each in self._modules.items())
        return {name.partition(".")[0]: self.found[number].dist for name, number in modules if name}

    def implementations(self, hook: str) -> Iterator[tuple[int, Any]]:
        """Each implementation of a hook by an entry point, with the index of its plugin in ``found``."""
        index = {id(module): number for number, module in self._modules.items()}
        for impl in getattr(self.hook, hook).get_hookimpls():
            if id(impl.plugin) in index:
                yield index[id(impl.plugin)], impl.function

    @contextmanager
    def timed(self, number: int) -> Iterator[None]:
        """Add the time of what is done inside to a plugin's ``seconds``."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[number] += perf_counter() - start

    def mark_broken(self, number: int, problem: str) -> None:
        """Leave out a plugin whose registration went wrong: none of its hooks is called any more."""
        old = self.found[number]
        self.found[number] = Plugin(old.entry, old.dist, old.version, old.hooks, old.problem or problem)
        if self.manager.is_registered(self._modules[number]):
            self.manager.unregister(self._modules[number])

    def announce(self, hook: str, **arguments: Any) -> list[str]:
        """Call every implementation of an announcing hook; returns a line for each one that raised."""
        problems = []
        for impl in getattr(self.hook, hook).get_hookimpls():
            try:
                impl.function(*(arguments[name] for name in impl.argnames))
            except (Exception, SystemExit) as error:
                problems.append(f"{hook} of plugin {impl.plugin_name} raised {reason(error)}")
        return problems


def load(dist: str | None = None) -> Plugins:
    """All plugins that are installed, or those of one distribution, loaded one by one.

    ``XH_DISABLE_PLUGINS=a,b`` leaves out distributions or entry points of these names.
    """
    plugins = Plugins()
    disabled = {name.strip() for name in os.environ.get(DISABLE, "").split(",")} - {""}
    entries = [entry for entry in entry_points(group=GROUP) if dist in (None, _dist(entry))]
    for number, entry in enumerate(sorted(entries, key=_order)):
        if disabled & {entry.name, _dist(entry)}:
            plugins.found.append(_plugin(entry, disabled=True))
            continue
        try:
            with plugins.timed(number):
                module = entry.load()
                hooks = _register(plugins.manager, module, f"{_dist(entry)}:{entry.name}")
            plugins._modules[number] = module
            plugins.found.append(_plugin(entry, hooks=hooks))
        except (Exception, SystemExit) as error:
            plugins.found.append(_plugin(entry, problem=reason(error)))
    return plugins


def _register(manager: pluggy.PluginManager, module: Any, name: str) -> tuple[str, ...]:
    try:
        manager.register(module, name)
        manager.check_pending()
    except Exception:
        if manager.has_plugin(name):
            manager.unregister(name=name)
        raise
    return tuple(sorted(caller.name for caller in manager.get_hookcallers(module) or ()))


def _plugin(entry: EntryPoint, **fields: Any) -> Plugin:
    return Plugin(entry.name, *_name_and_version(entry.dist), **fields)


def _dist(entry: EntryPoint) -> str:
    return _name_and_version(entry.dist)[0]


@lru_cache(maxsize=64)
def _name_and_version(dist: Distribution | None) -> tuple[str, str]:
    """Those of a distribution, whose file is parsed each time that it is asked; an installation may lack it."""
    return (dist and dist.name) or "?", (dist and dist.version) or "?"


def _order(entry: EntryPoint) -> tuple[bool, str, str]:
    return (_dist(entry) != BUILT_IN, _dist(entry), entry.name)


def reason(error: BaseException) -> str:
    """An exception in one line: its type and what it says."""
    text = shorten(str(error), 300, placeholder=" …")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
