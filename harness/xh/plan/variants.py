"""Settings that change a task's record, such as which of several copies of its data is read."""

import msgspec

from xh.plan.recipes import resolve
from xh.plan.settings import Profile
from xh.plugins.registry import known
from xh.spec import TaskSpec
from xh.spec.recipe import Values


def varied(task: TaskSpec, profile: Profile, overrides: dict[str, Values]) -> TaskSpec:
    """The record with what the profile and ``--set TASK.VARIANT=CHOICE`` choose of its variants."""
    if not task.variants:
        return task
    values = resolve(task, profile, overrides).values
    fields: Values = {}
    for name, choices in task.variants.items():
        known(f"{task.name}.{name}", values[name], choices)
        fields |= choices[values[name]]
    return msgspec.convert(msgspec.to_builtins(task) | msgspec.to_builtins(fields), TaskSpec) if fields else task
