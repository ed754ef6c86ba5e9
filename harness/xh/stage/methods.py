"""The methods of a stage, made ready from their records."""

from pathlib import Path
from typing import Any

from xh.data.locate import path_hash
from xh.plugins.registry import Registry
from xh.spec import AppliedMethod, Locations, Stage
from xh.spec.reference import resolve
from xh.stage.load import changed
from xh.store import Store


def methods_of(stage: Stage, registry: Registry, locations: Locations) -> tuple[Any, ...]:
    """Those that a training applies, in order; of an evaluation those that its model was trained with."""
    inputs = stage.inputs
    if inputs.phase == "evaluate":
        parent = Store(locations.store).read(inputs.parent) if inputs.parent else None
        if parent is None:
            return ()
        inputs = parent.stage.inputs
    return tuple(_ready(each, registry) for each in inputs.methods)


def _ready(applied: AppliedMethod, registry: Registry) -> Any:
    for key, place in applied.files.items():
        if path_hash(Path(place)) != applied.contents[key]:
            raise changed(f"{place} (--set {applied.name}.{key})")
    spec = registry.methods.get(applied.name)
    return resolve(spec.code)(applied.name, spec.typed(applied.settings | applied.files))
