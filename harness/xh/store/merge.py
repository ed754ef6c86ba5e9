"""Copying the stages of another store, verified on the way."""

import shutil
from pathlib import Path

from msgspec import Struct, field

from xh.store.damage import RECORD, at_sight, strange, within
from xh.store.files import make_folder, share, storage
from xh.store.folders import publish
from xh.store.record import Record, decoded
from xh.store.store import Store


class Merged(Struct):
    """What became of the other store's stages: ``copied`` with their bytes, ``there`` before, ``damaged`` and why."""

    copied: dict[str, int] = field(default_factory=dict)
    there: list[str] = field(default_factory=list)
    damaged: dict[str, list[str]] = field(default_factory=dict)


def merge(store: Store, other: Store) -> Merged:
    """Copy every whole stage of ``other`` that ``store`` lacks, and the records of its runs."""
    found = Merged()
    for stage_id in other.ids():
        record, problems = other.look(stage_id)
        with store.lock(stage_id):
            if store.record(stage_id):
                found.there.append(stage_id)
            elif problems := problems or _copied(store, other, record):
                found.damaged[stage_id] = problems
            elif record:
                found.copied[stage_id] = record.size
    _copy_runs(store, other)
    return found


def _copied(store: Store, other: Store, record: Record | None) -> list[str]:
    """Copy a stage; returns what is wrong with it, if anything, in which case it is not copied."""
    assert record
    source = other.folder(record.stage.id)
    with store.work(record.stage) as folder, storage(folder):
        for name in (*record.files, RECORD):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(source / name, folder / name)
            except OSError as error:
                if error.filename == str(source / name):  # somebody may have removed it meanwhile
                    return [f"{name} can't be read: {error.strerror}"]
                raise
        text = (folder / RECORD).read_bytes()
        taken = decoded(text)
        if problems := [*at_sight(folder, taken, text), *within(folder, taken), *strange(folder, taken)]:
            return problems
        publish(folder, store.folder(record.stage.id))
    return []


def _copy_runs(store: Store, other: Store) -> None:
    with storage(store.runs.folder):
        make_folder(store.runs.folder)
        for path in filter(Path.is_file, other.runs.folder.glob("*.json")):
            target = store.runs.folder / path.name
            if not target.exists():
                shutil.copyfile(path, target)
                share(target)
