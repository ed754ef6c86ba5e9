"""Where to compute and in which number format: bfloat16 where the hardware is faster with it, else float32."""

from functools import cache
from time import perf_counter

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def working_device() -> torch.device:
    """Return the current CUDA device if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def working_dtype(dtype: str | torch.dtype, device: torch.device | str) -> torch.dtype:
    """Return the torch type that `dtype` means on `device`; `auto` is bfloat16 where `fast_bf16`, else float32.

    Raises ValueError for a name other than `auto` and those of `DTYPES`.
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        return torch.bfloat16 if fast_bf16(device) else torch.float32
    if dtype not in DTYPES:
        raise ValueError(f"unknown dtype {dtype!r}: choose one of auto, {', '.join(DTYPES)}")
    return DTYPES[dtype]


def fast_bf16(device: torch.device | str) -> bool:
    """Tell whether `device` multiplies bfloat16 matrices at least 1.3 times as fast as float32 ones.

    Measured by multiplying two matrices, once per process and device (some milliseconds). False where the device has
    no bfloat16 at all.
    """
    return _measured(str(torch.device(device)))


@cache
def _measured(device: str) -> bool:
    try:
        return 1.3 * _seconds(device, torch.bfloat16) < _seconds(device, torch.float32)
    except (RuntimeError, TypeError):
        return False


def _seconds(device: str, dtype: torch.dtype, rows: int = 512, width: int = 1024, tries: int = 5) -> float:
    """Shortest time of several for a product of the shape that a transformer's layer takes."""
    left, right = (torch.ones(size, width, device=device, dtype=dtype) for size in (rows, width))
    return min(_timed_product(left, right) for _ in range(tries + 1))


def _timed_product(left: torch.Tensor, right: torch.Tensor) -> float:
    _wait(left.device)
    start = perf_counter()
    torch.mm(left, right)
    _wait(left.device)
    return perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
