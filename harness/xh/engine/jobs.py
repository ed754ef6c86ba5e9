"""How many workers a run has side by side, what each computes on, and how many stages memory holds."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from xh.engine import device, launch
from xh.plan.memory import PROCESS, Where, here, outline_of, peak
from xh.spec import Locations, Stage, UsageError

QUIET_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "true"}
"""Idle OpenMP threads that spin make everything many times slower on cores that somebody else uses too."""
GPUS = ("/dev/nvidia[0-9]*", "/dev/kfd")
"""Device files of which there is one where there are GPUs."""


def environments(stages: Sequence[Stage], locations: Locations) -> list[dict[str, str]]:
    """Each worker's environment: one worker has the whole machine, several have a GPU or a share of the cores each.

    With ``auto`` there is one for each GPU, or else for each core, but no more than stages that can run side by side
    and than memory holds. Where a training may have several GPUs, each of them, or what stands for one, has a worker.
    """
    plain = environment()
    width = locations.gpus_per_stage
    if locations.jobs == 1 and width == 1:
        return [plain]
    if device.gpu_number(locations.device) is not None:
        return [plain] * (1 if locations.jobs == "auto" else locations.jobs)
    gpus = device.visible() if locations.device == "cuda" or (locations.device == "auto" and _has_gpu()) else []
    number = _automatic(stages, locations, len(gpus)) if locations.jobs == "auto" else locations.jobs * width
    if gpus and width > 1:
        if width > len(gpus):
            todo = f"Use --gpus-per-stage {len(gpus)}, or less."
            raise UsageError(f"--gpus-per-stage {width} needs as many GPUs; there are {len(gpus)}.", todo=todo)
        number = min(number, len(gpus))
    if number == 1:
        return [plain]
    if gpus:
        return [plain | {device.VISIBLE: gpus[place % len(gpus)]} for place in range(number)]
    threads = str(max(1, cores() // number))
    return [plain | {launch.THREADS: plain.get(launch.THREADS, threads)} for _ in range(number)]


def environment() -> dict[str, str]:
    """What a worker process has of this one's environment, with threads that wait quietly."""
    return {**QUIET_THREADS, **launch.environment()}


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Memory:
    """Whether stages fit into memory side by side, as :func:`xh.plan.memory.peak` foresees it on a CPU."""

    def __init__(self, locations: Locations) -> None:
        self.free, self.where = available(), here(gpu=False)
        self.outlines = {name: outline_of(encoder, locations) for name, encoder in locations.encoders.items()}

    def holds(self, stages: Iterable[Stage]) -> bool:
        """Whether they all fit."""
        return sum(map(self.needs, stages)) <= self.free

    def needs(self, stage: Stage) -> int:
        """The bytes that a worker takes for a stage; of an encoder of which nothing is known those without it."""
        outline = self.outlines.get(stage.inputs.encoder)
        return peak(stage, outline, self.where) if outline else PROCESS


def room(locations: Locations) -> tuple[Where, int]:
    """What this machine computes stages on, and the bytes that are free there: of a GPU all, the smallest one's."""
    wanted = locations.device != "cpu" and (locations.device != "auto" or _has_gpu())
    memory = device.memory() if wanted else 0
    return here(gpu=bool(memory)), memory or available()


def available() -> int:
    """The bytes of memory that are free: on the machine, and of what the job's control group may have."""
    free = psutil.virtual_memory().available
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup") / Path("/proc/self/cgroup").read_text().partition("::")[2].strip().lstrip("/")
        most, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        free = min(free, most - used)
    return int(free)


def _automatic(stages: Sequence[Stage], locations: Locations, gpus: int) -> int:
    parents = {stage.inputs.parent for stage in stages}
    side_by_side = sum(stage.id not in parents for stage in stages) * locations.gpus_per_stage
    if gpus:
        return max(1, min(gpus, side_by_side))
    memory = Memory(locations)
    held = memory.free // max(map(memory.needs, stages))
    return max(1, min(cores(), side_by_side, held))


def _has_gpu() -> bool:
    return any(path for pattern in GPUS for path in Path("/").glob(pattern.lstrip("/")))
