"""Whose code decides what a stage gives, beside xh's own."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from xh.plugins.manager import BUILT_IN
from xh.plugins.registry import Registry
from xh.spec import Stage, TaskSpec
from xh.spec.kinds import facts


def makers(stage: Stage, registry: Registry) -> dict[str, str]:
    """The distributions whose code can change what a stage gives, with their installed versions.

    Those that register its tasks and methods, that have the code of these, of kinds, metrics and readers, and that
    implement a deciding hook.
    """
    tasks = {part.full_name: part for task in stage.inputs.tasks.values() for part in (task, *task.parts)}.values()
    methods = [applied.name for applied in stage.inputs.methods]
    codes = [registry.methods.get(name).code for name in methods if name in registry.methods]
    references = (*codes, *(reference for task in tasks for reference in _references(task)))
    made_by = {"evaluate": ("xh_evaluate",), "represent": ()}.get(stage.phase, ("xh_train",))
    found = {
        *(dist for task in tasks for dist in (task.dist, facts(task.kind).dist)),
        *(name.rpartition(":")[0] for name in methods),
        *(_owner(reference.partition(".")[0].partition(":")[0], registry) for reference in references),
        *(
            registry.plugins.found[number].dist
            for hook in ("xh_load_data", *made_by)
            for number, _ in registry.plugins.implementations(hook)
        ),
    }
    return {dist: _version(dist, registry) for dist in sorted(found - {"", BUILT_IN})}


def _references(task: TaskSpec) -> Iterator[str]:
    """What a task's record names as ``module:attr``."""
    readers = (source.function for source in task.all_sources)
    yield from (text for text in (facts(task.kind).code, task.metric, *readers) if text and ":" in text)


def _owner(package: str, registry: Registry) -> str:
    """The distribution that a package belongs to; empty for Python's own, and for one that none is known of."""
    return registry.plugins.packages.get(package) or _installed().get(package, [""])[0]


@cache
def _installed() -> dict[str, list[str]]:
    """All distributions by their packages, which takes reading what each of them installed."""
    return dict(packages_distributions())


def _version(dist: str, registry: Registry) -> str:
    for plugin in registry.plugins.found:
        if plugin.dist == dist:
            return plugin.version
    try:
        return version(dist)
    except PackageNotFoundError:
        return "?"
