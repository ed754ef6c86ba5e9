"""Carries out one stage: under its lock, in a work folder, committed at once or not at all."""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import convert, to_builtins

from xh.kinds.base import kind_of
from xh.kinds.supervised import trained_kind
from xh.model import memory
from xh.model.precision import taken, working_device
from xh.model.shrunk import restore
from xh.plugins.makers import makers
from xh.plugins.registry import Registry
from xh.spec import Inputs, Locations, Stage, StageError, StorageError
from xh.spec.kinds import typed
from xh.spec.recipe import Representation
from xh.spec.stage import ADAPTER
from xh.stage import load
from xh.stage.cache import StageCache
from xh.stage.encoder import published_encoder
from xh.stage.job import EvaluateJob, RepresentJob, TrainJob
from xh.stage.labels import with_labels
from xh.stage.made_on import commit, machine, versions
from xh.stage.methods import methods_of
from xh.stage.represent import represent
from xh.store import Checkpoints, Record, Store
from xh.store.damage import within
from xh.store.files import DISK, storage_error

WAITING = {"message": "waiting for another process"}
MADE = {"message": "another process, which did not see that this one lives, has made it"}
FULL = 2**16
"""Bytes that are free on a disk on which a write has just failed, at most."""


def execute(
    stage: Stage,
    locations: Locations,
    registry: Registry,
    report: Callable[[Mapping[str, Any]], None],
    cache: StageCache | None = None,
) -> bool:
    """Have ``stage`` in the store; returns whether another process had made it. One of ``locations.anew`` is replaced.

    ``report`` gets each log entry; ``cache`` is what the stages of one process share.
    """
    store = Store(locations.store)
    cache = cache or StageCache()
    made_by = versions() | makers(stage, registry)
    anew = stage.id in locations.anew
    with store.lock(stage.id, waiting=partial(report, WAITING)):
        if anew:
            store.forget_checkpoints(stage.id)
        elif store.startable(stage.id):
            return True
        with (
            _parent(stage, store, lambda parent: execute(parent, locations, registry, report, cache), report),
            store.checkpoints(stage.id, made_by) as checkpoints,
            store.work(stage) as folder,
        ):
            started = time.monotonic()
            memory.forget_peak()
            try:
                facts = _disk_errors(
                    folder, lambda: _work(stage, locations, registry, folder, checkpoints, report, cache)
                )
            except Exception:
                if anew or not store.startable(stage.id):
                    raise
                report(MADE)  # and its checkpoints were cleared away under this one's hands
                return True
            facts.setdefault("peak_bytes", memory.peak())
            if locations.trust_remote_code:
                facts["trust_remote_code"] = True
            made_on = machine(facts.get("precision", ""))
            store.commit(stage, folder, facts, made_by | commit(), time.monotonic() - started, made_on, anew=anew)
    return False


@contextmanager
def _parent(stage: Stage, store: Store, make: Callable[[Stage], Any], report: Callable[[Any], None]) -> Iterator[None]:
    """Keep the model that a stage starts from; one that was dropped, maybe just now by another run, is made again."""
    parent = stage.inputs.parent
    if parent is None:
        yield
        return
    while True:
        with store.reading(parent, stage.id, partial(report, WAITING)) as record:
            if record and not record.dropped:
                _check_content(record, store)
                with _parent(record.stage, store, make, report) if record.adapted else nullcontext():
                    yield
                return
        if record is None:
            why = f"{parent} is missing or damaged."
            todo = "Run the same command again; it makes that stage, too."
            raise StorageError("The parent stage is no longer in the store.", why=why, todo=todo)
        report({"message": f"the model of {parent} was deleted; it is trained again"})
        make(record.stage)


def _check_content(record: Record, store: Store) -> None:
    """Raise unless the stage's files are what was written: of a model the store has compared no more than the size."""
    if problems := list(within(store.folder(record.stage.id), record)):
        raise StorageError(
            f"{record.stage.id}, the parent of this stage, is damaged.",
            why="\n".join(problems),
            todo=f"xh store gc --runs {store.root} removes it; then run the same command again to make it again.",
        )


def _work(
    stage: Stage,
    locations: Locations,
    registry: Registry,
    folder: Path,
    checkpoints: Checkpoints,
    report: Callable[[Mapping[str, Any]], None],
    cache: StageCache,
) -> dict[str, Any]:
    stage = with_labels(stage, registry, locations, cache)
    inputs = stage.inputs
    task = inputs.task
    with (
        (folder / "log.jsonl").open("a", encoding="utf-8", errors="backslashreplace") as file,
        _start(stage, locations, folder) as start,
    ):

        def log(entry: Mapping[str, Any]) -> None:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            report(entry)

        recipe = _recipe(inputs)
        log({"machine": to_builtins(machine(taken(recipe.precision, working_device())))})
        shared: dict[str, Any] = {
            "stage": stage,
            "locations": locations,
            "recipe": recipe,
            "start": start,
            "folder": folder,
            "load": load.loader(registry, locations, inputs, cache),
            "log": log,
            "cache": cache,
            "methods": methods_of(stage, registry, locations),
        }
        if stage.phase == "represent":
            return represent(RepresentJob(**shared, kind=kind_of(task)))
        hook = registry.plugins.hook
        if stage.phase == "evaluate":
            found = dict(hook.xh_evaluate(job=EvaluateJob(**shared, kind=kind_of(task))))
            facts = {name: found.pop(name) for name in ("precision",) if name in found}
            text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
            (folder / "scores.json").write_text(text, encoding="utf-8")
            return facts
        return dict(hook.xh_train(job=TrainJob(**shared, kind=trained_kind(task), checkpoints=checkpoints)))


def _recipe(inputs: Inputs) -> Any:
    if inputs.phase == "represent":
        return convert(inputs.recipe, Representation)
    return typed(inputs.task.kind, inputs.recipe, inputs.recipe)


@contextmanager
def _start(stage: Stage, locations: Locations, scratch: Path) -> Iterator[Path]:
    """The folder with the weights that a stage starts from, beside those of other policies; for the block's time.

    Those of a stage that has kept its adapters only are made whole in ``scratch``.
    """
    store, parent = Store(locations.store), stage.inputs.parent
    if parent is None:
        yield published_encoder(stage.inputs.encoder, locations)
        return
    folder, record = store.folder(parent), store.record(parent)
    if record is None or not record.adapted:
        yield folder / "model"
        return
    with _start(record.stage, locations, scratch) as before, TemporaryDirectory(dir=scratch) as whole:
        for path in folder.glob(f"model*/{ADAPTER}"):
            restore(path.parent, before, Path(whole) / path.parent.name)
        yield Path(whole) / "model"


def _disk_errors(folder: Path, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run the work; a disk that is full or fails is said to be, whoever met it."""
    try:
        return work()
    except MemoryError as error:
        raise StageError("The machine has too little memory for this stage.", todo="Lower its batch_size.") from error
    except Exception as error:
        for number in DISK:
            if getattr(error, "errno", None) == number or os.strerror(number) in str(error):  # safetensors: text only
                raise storage_error(OSError(number, str(error)), folder) from error
        if shutil.disk_usage(folder).free < FULL:  # torch.save says something else
            raise storage_error(OSError(errno.ENOSPC, str(error)), folder) from error
        raise
