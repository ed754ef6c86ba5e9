"""Removing stages that a user no longer wants."""

from collections.abc import Collection, Iterable
from contextlib import ExitStack

from xh.spec import StorageError
from xh.store.files import storage
from xh.store.folders import discard
from xh.store.store import Store


def children(store: Store, chosen: Collection[str]) -> list[str]:
    """The stages that start, directly or not, from the chosen ones."""
    parents = {stage_id: record.stage.inputs.parent for stage_id in store.ids() if (record := store.read(stage_id))}
    found: set[str] = set()
    while more := {stage for stage, parent in parents.items() if parent in {*chosen, *found}} - found:
        found |= more
    return sorted(found - {*chosen})


def remove(store: Store, stages: Iterable[str]) -> None:
    """Remove stages, all or none; raises :class:`StorageError` if one of them is being made or read."""
    stages = list(stages)
    with ExitStack() as held:
        busy = [stage for stage in stages if not held.enter_context(store.access.unused(stage))]
        if busy:
            raise StorageError(
                f"Nothing was removed: {', '.join(busy)} is in use.", todo="Wait for the run that uses it, or stop it."
            )
        for stage in stages:
            with storage(store.folder(stage)):
                discard(store.folder(stage))
