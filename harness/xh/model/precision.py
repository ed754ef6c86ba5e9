"""Where to compute, in which number format, by which library: bfloat16 and oneDNN where the hardware likes them."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch
from torch.nn import functional

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16}
"""The number formats of matrix products, by the names that recipes and records have for them."""

Linear = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def working_device() -> torch.device:
    """Return the current CUDA device if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def taken(precision: str, device: torch.device | str) -> str:
    """Return which of `FORMATS` a recipe's `precision` means on `device`; `auto` is bf16 where `fast_bf16`, else fp32.

    Trainings, evaluations and sentence vectors all ask here.
    """
    return precision if precision in FORMATS else "bf16" if fast_bf16(device) else "fp32"


def working_dtype(dtype: str | torch.dtype, device: torch.device | str) -> torch.dtype:
    """Return the torch type that `dtype` means on `device`; `auto` is bfloat16 where `fast_bf16`, else float32.

    Raises ValueError for a name other than `auto` and those of `DTYPES`.
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        return FORMATS[taken(dtype, device)]
    if dtype not in DTYPES:
        raise ValueError(f"unknown dtype {dtype!r}: choose one of auto, {', '.join(DTYPES)}")
    return DTYPES[dtype]


def fast_bf16(device: torch.device | str) -> bool:
    """Tell whether `device` multiplies bfloat16 matrices at least 1.3 times as fast as float32 ones.

    Measured by multiplying two matrices, once per process and device (some milliseconds). False where the device has
    no bfloat16 at all.
    """
    return _measured(str(torch.device(device)))


def fast_onednn(device: torch.device | str) -> bool:
    """Tell whether `onednn_linear` is at least 1.3 times as fast on `device` as torch's own product.

    torch multiplies float32 matrices by MKL, which uses half of what AMD's CPUs can do. Measured as in `fast_bf16`.
    """
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return torch.device(device).type == "cpu" and available and _onednn_measured()


def shortest(work: Callable[[], object], device: torch.device) -> float:
    """Return the shortest time of several that a computation on `device` takes, in seconds."""
    with torch.inference_mode():
        return min(_timed(work, device) for _ in range(6))


def onednn_linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Return what `torch.nn.functional.linear` does for float32 on the CPU, computed by oneDNN; without gradients."""
    return functional.linear(x.to_mkldnn(), weight, bias).to_dense()


@cache
def _measured(device: str) -> bool:
    try:
        return 1.3 * _seconds(device, torch.bfloat16) < _seconds(device, torch.float32)
    except (RuntimeError, TypeError):
        return False


@cache
def _onednn_measured() -> bool:
    return 1.3 * _seconds("cpu", torch.float32, onednn_linear) < _seconds("cpu", torch.float32)


def _seconds(device: str, dtype: torch.dtype, linear: Linear = functional.linear) -> float:
    """Shortest time of several for a product of the shape that a transformer's layer takes."""
    left, right = (torch.ones(size, 1024, device=device, dtype=dtype) for size in (512, 1024))
    return shortest(lambda: linear(left, right), left.device)


def _timed(work: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    start = perf_counter()
    work()
    _wait(device)
    return perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
