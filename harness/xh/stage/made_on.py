"""What a stage is made on and by: the machine, the versions of all that computes, the commit of xh."""

import json
import platform
import subprocess
from functools import cache
from importlib.metadata import distribution, version
from pathlib import Path

import torch

from xh.model.precision import working_device
from xh.spec import Machine

PACKAGES = ("xh", "torch", "transformers", "datasets", "tokenizers", "accelerate", "faiss-cpu", "numpy")
CHECKOUT = Path(__file__).parents[3]
"""Where xh runs from, unless it is installed."""
PATIENCE = 10.0
"""Seconds that git has."""


def machine(precision: str = "") -> Machine:
    """What this process computes on; ``precision``: the number format that was taken, if that is known."""
    device = working_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _cpu()
    return Machine(device=device.type, processor=name, precision=precision, threads=torch.get_num_threads())


@cache
def versions() -> dict[str, str]:
    """The versions of all that may change a number."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


@cache
def commit() -> dict[str, str]:
    """The commit of xh as ``{"xh-commit": …}``, where it was installed from git or runs from a checkout; else nothing.

    ``-dirty`` behind it: files of the checkout were changed since.
    """
    installed = json.loads(distribution("xh").read_text("direct_url.json") or "{}")
    found = installed.get("vcs_info", {}).get("commit_id") or _checked_out(CHECKOUT)
    return {"xh-commit": found} if found else {}


def _checked_out(folder: Path) -> str:
    if not (folder / ".git").exists():
        return ""
    git = ["git", f"--git-dir={folder / '.git'}", f"--work-tree={folder}"]
    words = [*git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git here, or somebody else's checkout
        return ""


@cache
def _cpu() -> str:
    """The CPU's name; where the system does not tell its model, that of the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
