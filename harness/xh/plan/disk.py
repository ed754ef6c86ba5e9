"""The room that a run takes on the disk, and which models it still needs."""

import math
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from rich.filesize import decimal

from xh.data import fetch
from xh.data.headers import shapes
from xh.plan.request import Keep
from xh.spec import EncoderSource, Locations, MissingError, Stage, StorageError
from xh.spec.recipe import POLICIES
from xh.store.attempts import attempts

KEPT: dict[Keep, tuple[str, ...]] = {
    "all": ("intermediate", "target"),
    "intermediate": ("intermediate",),
    "adapters": ("intermediate",),
    "none": (),
}
"""The phases whose models stay; and where adapters do, all of theirs."""
ADAPTERS = 10
"""Of how many such files, at the least, a model in float32 is the size."""
CHECKPOINTS, COMPARED = 6, 9
"""What the checkpoints of a training take, in models: each has the weights and two moments of every weight."""
MOST_PACKED = 16
"""How many times larger than its file a model in float32 can be: two bits a weight."""


class Models:
    """The models of a plan's trainings, and the stages that wait for each: evaluations, and those that keep vectors."""

    def __init__(self, stages: Mapping[str, Stage], keep: Keep, done: Collection[str] = ()) -> None:
        self.stages, self.keep = stages, keep
        self.waiting: dict[str, set[str]] = {}
        for stage in stages.values():
            if not stage.trains and stage.id not in done:
                for training in self._before(stage):
                    self.waiting.setdefault(training.id, set()).add(stage.id)

    def finished(self, stage: Stage) -> list[str]:
        """The trainings whose models may go once this stage is finished too."""
        if stage.trains:
            return []
        trainings = list(self._before(stage))
        for training in trainings:
            self.waiting[training.id].discard(stage.id)
        return [each.id for each in trainings if not self._stays(each) and not self.waiting[each.id]]

    def _stays(self, training: Stage) -> bool:
        return training.phase in KEPT[self.keep] or (self.keep == "adapters" and adapted(training))

    def _before(self, stage: Stage) -> Iterator[Stage]:
        while parent := stage.inputs.parent:
            stage = self.stages[parent]
            yield stage


class Disk(Struct, frozen=True, kw_only=True):
    """Bytes that a run adds to the disk: ``peak`` at the most while it runs, ``stays`` after it; and what is ``free``.

    Models and checkpoints are counted; all else is small beside them. None is not known before the encoder is there.
    """

    peak: int | None
    stays: int | None
    free: int


def disk(stages: Mapping[str, Stage], needed: Sequence[Stage], keep: Keep, locations: Locations) -> Disk:
    """The room that the ``needed`` of a plan's stages take, made in this order.

    Where several run side by side, which ``locations.jobs`` says in a number, each more may be a training under way.
    """
    store = Path(locations.store)
    free = shutil.disk_usage(next(path for path in (store, *store.parents) if path.exists())).free
    if not any(stage.trains for stage in needed):
        return Disk(peak=0, stays=0, free=free)
    sizes = {identity: model_size(encoder, locations) for identity, encoder in locations.encoders.items()}
    if None in sizes.values():
        return Disk(peak=None, stays=None, free=free)
    models = Models(stages, keep, stages.keys() - {stage.id for stage in needed})
    there: dict[str, int] = {}
    peak = largest = 0
    for stage in needed:
        if stage.trains:
            size = sizes[stage.inputs.encoder] or 0
            shrunk = keep == "adapters" and adapted(stage)
            there[stage.id] = size * _kept(stage) // (ADAPTERS if shrunk else 1)
            checkpoints = size * ((COMPARED if _kept(stage) > 1 else CHECKPOINTS) + shrunk)  # whole for a moment
            peak = max(peak, sum(there.values()) + max(0, checkpoints - _saved(stage, locations)))
            largest = max(largest, there[stage.id] + checkpoints)
        for training in models.finished(stage):
            there.pop(training, None)
    others = 0 if locations.jobs == "auto" else min(locations.jobs, sum(stage.trains for stage in needed)) - 1
    return Disk(peak=peak + others * largest, stays=sum(there.values()), free=free)


def check_room(room: Disk, runs: str) -> None:
    """Raise :class:`StorageError` if a run needs more room than there is."""
    if room.peak is not None and room.peak > room.free:
        raise StorageError(
            f"The run needs about {decimal(room.peak)} on the disk of {runs}, but only {decimal(room.free)} are free.",
            why=f"{decimal(room.stays or 0)} of that remain for models; the rest is for checkpoints during training.",
            todo="Free some space (xh store gc, xh store rm), use --keep none, or use another disk with --runs.",
        )


def model_size(encoder: EncoderSource, locations: Locations) -> int | None:
    """The bytes of an encoder's weights in float32; None where they aren't on this machine yet."""
    try:
        folder = fetch.cached_encoder(encoder, locations)
    except MissingError:
        return None
    return sum(map(_float32_size, folder.glob("*.safetensors"))) or None


def _float32_size(path: Path) -> int:
    """What a file of weights, maybe in half precision, takes once they are trained; by its header, if it has one."""
    size = path.stat().st_size
    try:
        taken = sum(4 * math.prod(shape) for shape in shapes(path).values())
    except (MissingError, TypeError):
        return size
    return taken if 0 < taken <= MOST_PACKED * size else size


def adapted(stage: Stage) -> bool:
    """Whether a training has adapters."""
    return stage.inputs.recipe.get("adapter") == "lora"


def _kept(stage: Stage) -> int:
    """The models that a training leaves, at the most."""
    return len(POLICIES) if stage.inputs.recipe.get("compare") else 1


def _saved(stage: Stage, locations: Locations) -> int:
    """What an interrupted training has on the disk already, if no other process is taking it away."""
    size = 0
    for folder in attempts(Path(locations.store) / "checkpoints" / stage.id):
        for root, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    size += Path(root, name).stat().st_size
    return size
