"""Stages of the store that a run makes once more, and those that other versions of a plugin made."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from xh.plugins.makers import makers
from xh.plugins.registry import Registry
from xh.spec import Stage, TaskSpec, UsageError
from xh.spec.errors import did_you_mean
from xh.store import Store


class Outdated(Struct, frozen=True, kw_only=True):
    """The stages of a plan that another version of a distribution made than the installed one."""

    dist: str
    made_by: str
    installed: str
    stages: tuple[str, ...]


def asked_anew(words: Iterable[str], stages: Mapping[str, Stage], registry: Registry) -> tuple[str, ...]:
    """What ``--force`` names of a plan's stages, parents first, and all that starts from them.

    A word is a task, for all stages that read its data, or the name of a stage, of which the beginning is enough.
    """
    anew = {stage_id for word in words for stage_id in _named(word, stages, registry)}
    for stage in stages.values():
        if stage.inputs.parent in anew:
            anew.add(stage.id)
    return tuple(stage_id for stage_id in stages if stage_id in anew)


def _named(word: str, stages: Mapping[str, Stage], registry: Registry) -> list[str]:
    task = registry.task(word).full_name if word in registry.tasks else word
    if named := [stage.id for stage in stages.values() if any(task in _names(each) for each in _tasks(stage))]:
        return named
    if named := [stage_id for stage_id in stages if stage_id.startswith(word)]:
        return named
    tasks = sorted({task.base for stage in stages.values() for task in _tasks(stage)})
    raise UsageError(
        f"--force {word}: this run has no such stage or task.",
        why=did_you_mean(word, [*tasks, *stages]),
        todo=f"Its tasks: {', '.join(tasks)}. xh plan with the same options lists its stages.",
    )


def _tasks(stage: Stage) -> list[TaskSpec]:
    return [part for task in stage.inputs.tasks.values() for part in (task, *task.parts)]


def _names(task: TaskSpec) -> tuple[str, ...]:
    """A task's names, with its languages and without."""
    return task.name, task.full_name, task.full_name.partition("@")[0]


def outdated(stages: Mapping[str, Stage], cached: Iterable[str], store: Store, registry: Registry) -> list[Outdated]:
    """Which of the stages that stay as they are have code that decides in another version than now."""
    stages_by_versions: dict[tuple[str, str, str], list[str]] = {}
    for stage_id in cached:
        for versions in _differing(stages[stage_id], store, registry):
            stages_by_versions.setdefault(versions, []).append(stage_id)
    return [
        Outdated(dist=dist, made_by=made_by, installed=installed, stages=tuple(stage_ids))
        for (dist, made_by, installed), stage_ids in stages_by_versions.items()
    ]


def _differing(stage: Stage, store: Store, registry: Registry) -> Iterator[tuple[str, str, str]]:
    installed = makers(stage, registry)
    record = store.record(stage.id) if installed else None
    for dist, version in installed.items():
        made_by = record.versions.get(dist) if record else None
        if made_by and made_by != version:
            yield dist, made_by, version
