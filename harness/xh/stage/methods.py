"""The methods of a stage, made ready from their records."""

from typing import Any

from xh.plugins.registry import Registry
from xh.spec import Stage
from xh.spec.reference import resolve
from xh.store import Store


def methods_of(stage: Stage, registry: Registry, store: Store) -> tuple[Any, ...]:
    """Those that a training applies, in order; of an evaluation those that its model was trained with."""
    inputs = stage.inputs
    if inputs.phase == "evaluate":
        parent = store.read(inputs.parent) if inputs.parent else None
        if parent is None:
            return ()
        inputs = parent.stage.inputs
    specs = [(each, registry.methods.get(each.name)) for each in inputs.methods]
    return tuple(resolve(spec.code)(each.name, spec.typed(each.settings)) for each, spec in specs)
