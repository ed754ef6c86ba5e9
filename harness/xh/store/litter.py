"""What nobody needs: abandoned work folders, checkpoints, broken stages, remains of models, logs of failures."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from xh.store.damage import left_over, within
from xh.store.files import storage
from xh.store.folders import ASIDE, WORK, discard, stage_of
from xh.store.store import Store


def litter(store: Store) -> list[Path]:
    """All of it; nothing is removed."""
    return list(_clear(store, lambda path: None))


def collect(store: Store) -> list[Path]:
    """Remove it; returns what was removed."""
    return list(_clear(store, discard))


def _clear(store: Store, remove: Callable[[Path], None]) -> Iterator[Path]:
    """Remove each piece under its stage's lock, so that no run can start using it meanwhile."""
    hidden = [*store.stages.glob(f"{WORK}*"), *store.stages.glob(f"{ASIDE}*")]
    left = [*hidden, *store.unfinished.glob("*"), *store.failed.glob("*")]
    for path in filter(Path.is_dir, chain(left, _broken(store), _dropped(store))):
        stage_id = stage_of(path.parent.name if path.parent.parent == store.stages else path.name)
        with storage(path), store.access.unused(stage_id) as unused:
            if unused and path.is_dir() and (path != store.folder(stage_id) or not _is_whole(store, stage_id)):
                remove(path)
                yield path


def _broken(store: Store) -> Iterator[Path]:
    yield from (store.folder(stage_id) for stage_id in store.ids() if not _is_whole(store, stage_id))


def _dropped(store: Store) -> Iterator[Path]:
    """Models whose removal was interrupted."""
    for record in store.records():
        yield from left_over(store.folder(record.stage.id), record)


def _is_whole(store: Store, stage_id: str) -> bool:
    record = store.record(stage_id)
    return record is not None and not list(within(store.folder(stage_id), record))
