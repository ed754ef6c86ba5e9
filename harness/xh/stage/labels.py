"""The labels of tasks whose records name none."""

from collections.abc import Iterable

from msgspec import structs

from xh.plugins.registry import Registry
from xh.spec import Locations, Stage, TaskSpec
from xh.spec.kinds import facts
from xh.stage.cache import StageCache
from xh.stage.load import load_columns


def with_labels(stage: Stage, registry: Registry, locations: Locations, cache: StageCache) -> Stage:
    """The stage with labels in all records: where a task names none, those of the splits that the stage reads."""

    def made(task: TaskSpec) -> TaskSpec:
        if task.parts:
            return structs.replace(task, parts=tuple(map(made, task.parts)))
        places = [(split, lang) for name, split, lang in stage.inputs.identities if name == task.name]
        return cache.once(lambda: labelled(task, places, registry, locations), "labelled", task, places, locations)

    tasks = {role: made(task) for role, task in stage.inputs.tasks.items()}
    return structs.replace(stage, inputs=structs.replace(stage.inputs, tasks=tasks))


def labelled(task: TaskSpec, places: Iterable[tuple[str, str]], registry: Registry, locations: Locations) -> TaskSpec:
    """The record with labels: its own, else those that occur in ``places`` (split and language)."""
    column = facts(task.kind).labels_in
    if task.labels or column is None:
        return task
    rows = (load_columns(registry, locations, task, split, lang) for split, lang in places)
    return named(task, (label for columns in rows for labels in columns[column] for label in labels))


def named(task: TaskSpec, labels: Iterable[object]) -> TaskSpec:
    """The task with these labels, sorted."""
    return structs.replace(task, labels=tuple(sorted(set(map(str, labels)))))
