"""Whether ``--engine dask`` can do what is asked, before anything is fetched."""

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xh.api import Request, UsageError, check_device

NEEDS = ("distributed", "dask_jobqueue", "cryptography")
WAIT = 10.0
"""Seconds that a scheduler has to answer."""
FILES = ("ca", "cert", "key")
INSTALL = 'Install it: pip install "xh[dask]".'


def check(request: Request) -> None:
    """Raise ``UsageError`` for packages, classes and files that are not there, and a device that is not here."""
    if missing := [name for name in NEEDS if not find_spec(name)]:
        raise UsageError(f"--engine dask needs {missing[0]}, which is not installed.", todo=INSTALL)
    if request.gpus_per_stage > 1:
        raise UsageError(
            f"--gpus-per-stage {request.gpus_per_stage} can't be had with --engine dask.",
            why="Its workers have one GPU each.",
            todo="Use --engine slurm-jobs, or --engine local where the GPUs are.",
        )
    settings = request.engine_settings
    cluster = settings["cluster"]
    if cluster == "local":
        check_device(request)
    elif is_address(cluster):
        _check_files(settings["tls"])
        _check_answers(cluster)
    else:
        jobs_class(cluster)
    if settings["arguments"] and (cluster == "local" or is_address(cluster)):
        raise UsageError(
            f"cluster={cluster} of engine 'dask' takes no arguments.",
            todo="Name a class of dask-jobqueue, or leave them out.",
        )
    if settings["dashboard"] and not find_spec("bokeh"):
        todo = "Install it (pip install bokeh), or leave dashboard out."
        raise UsageError("Dask's dashboard needs bokeh, which is not installed.", todo=todo)


def is_address(cluster: str) -> bool:
    """Whether a scheduler's address is meant."""
    return "://" in cluster


def jobs_class(name: str) -> Any:
    """The class of dask-jobqueue that starts the workers as jobs."""
    import dask_jobqueue

    names = sorted(each for each in vars(dask_jobqueue) if each.endswith("Cluster"))
    if name not in names:
        todo = f"Use local, the address of a scheduler such as tls://host:8786, or one of {', '.join(names)}."
        raise UsageError(f"cluster={name!r} of engine 'dask' is unknown.", todo=todo)
    return getattr(dask_jobqueue, name)


def _check_answers(address: str) -> None:
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname or "", place.port or 8786), WAIT).close()
    except (OSError, ValueError) as error:
        what, todo = f"Nothing answers at {address}.", "Start Dask's scheduler there, or correct cluster."
        raise UsageError(what, why=str(error), todo=todo) from error


def _check_files(tls: dict[str, str]) -> None:
    if tls and {*tls} != {*FILES}:
        raise UsageError(f"tls of engine 'dask' names {', '.join(tls)}.", todo=f"It needs {', '.join(FILES)}.")
    if missing := [path for path in tls.values() if not Path(path).is_file()]:
        raise UsageError(f"tls of engine 'dask' names {missing[0]}, which is no file.")
