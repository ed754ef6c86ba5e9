"""``--device``: whether it exists, and how a worker is made to compute on it."""

import json
import os
import re
import subprocess
import sys
from typing import Any

from xh.engine import launch
from xh.plan import Request
from xh.spec import UsageError

NAMES = "[cuda.get_device_name(i) for i in range(cuda.device_count() if cuda.is_available() else 0)]"
PROBE = (sys.executable, "-P", "-c", "import json, sys; from torch import cuda; print(json.dumps(eval(sys.argv[1])))")
MEMORY = "min((cuda.get_device_properties(i).total_memory for i in range(cuda.device_count())), default=0)"
VISIBLE = "CUDA_VISIBLE_DEVICES"


def check_device(request: Request) -> None:
    """Raise :class:`UsageError` unless the request's device exists. For GPUs a process of its own asks torch.

    ``cuda:N`` counts the GPUs that CUDA_VISIBLE_DEVICES leaves.
    """
    device, number = request.device, gpu_number(request.device)
    if request.jobs != 1 and launch.processes() > 1:
        raise UsageError(
            f"--jobs {request.jobs} runs stages side by side, but a launcher started {launch.processes()} processes.",
            todo="Use the one or the other.",
        )
    if request.gpus_per_stage > 1:
        _check_several(request)
    if device != "cuda" and number is None:
        return
    if number is not None and (count := launch.processes()) > 1:
        raise UsageError(
            f"--device {device} is one GPU, but {count} processes train.",
            todo="Use --device cuda, or launch one process.",
        )
    names = _names()
    if (number or 0) >= len(names):
        raise UsageError(
            f"--device {device} is not there.",
            why=f"torch finds {', '.join(f'cuda:{i} ({name})' for i, name in enumerate(names)) or 'no GPU'}.",
            todo="Use --device cpu, or auto, which takes a GPU where there is one.",
        )


def _check_several(request: Request) -> None:
    if launch.processes() > 1 or gpu_number(request.device) is not None:
        raise UsageError(
            f"--gpus-per-stage {request.gpus_per_stage} starts processes itself, on several GPUs.",
            why="A launcher started others." if launch.processes() > 1 else f"--device {request.device} is one GPU.",
            todo="Use the one or the other.",
        )


def environment(device: str) -> dict[str, str]:
    """The variables that restrict a process to that device; none if it may choose."""
    if device == "cpu":
        return {VISIBLE: ""}
    number = gpu_number(device)
    if number is None:
        return {}
    named = _named()
    return {VISIBLE: named[number] if named else str(number)}


def visible() -> list[str]:
    """The GPUs that torch finds, each as CUDA_VISIBLE_DEVICES calls it."""
    count = len(_names())
    return _named()[:count] or [str(number) for number in range(count)]


def memory() -> int:
    """The bytes of the smallest GPU that torch finds; 0 without any."""
    return int(_asked(MEMORY))


def gpu_number(device: str) -> int | None:
    """Which GPU ``cuda:N`` is; None for any other device."""
    found = re.fullmatch(r"cuda:(\d+)", device)
    return int(found[1]) if found else None


def _named() -> list[str]:
    return [name for name in os.environ.get(VISIBLE, "").split(",") if name]


def _names() -> list[str]:
    names: list[str] = _asked(NAMES)
    return names


def _asked(expression: str) -> Any:
    """What torch's ``cuda`` answers, in a process of its own."""
    found = subprocess.run((*PROBE, expression), capture_output=True, text=True, env=launch.environment())
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["It printed nothing."])[-1]
        raise UsageError("Could not ask torch for GPUs.", why=last, todo="Run xh doctor.")
    return json.loads(found.stdout.splitlines()[-1])
