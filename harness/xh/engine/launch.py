"""What ``accelerate launch``, ``torchrun`` and MPI say: they start a command several times and number the processes.

For xh that is the number of processes that train. The first does all the rest, and starts them itself
(:mod:`xh.training.distributed`); the others have nothing to do.
"""

import os

from xh.spec import UsageError

LOCAL_RANK = ("LOCAL_RANK", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK")
LOCAL_SIZE = ("LOCAL_WORLD_SIZE", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE")
SIZE = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""The names that accelerate looks for."""
SHORTENING = "PYTHONOPTIMIZE"
"""Drops assertions, and docstrings, without which transformers can't be imported."""
OTHERS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "MASTER_ADDR", "MASTER_PORT")
PREFIXES = ("ACCELERATE_", "TORCHELASTIC_")
THREADS = "OMP_NUM_THREADS"


def first() -> bool:
    """Whether this process is the one that works; without a launcher it is."""
    return (_number(LOCAL_RANK) or 0) == 0


def processes() -> int:
    """How many processes are to train; raises :class:`UsageError` where they are on several machines."""
    if _number(LOCAL_RANK) is None:
        return 1
    here = _number(LOCAL_SIZE) or 1
    if (_number(SIZE) or here) != here:
        raise UsageError(
            "xh trains on one machine at a time.",
            why=f"The launcher started {here} of {_number(SIZE)} processes here.",
            todo="Launch it on one machine; other machines can run other seeds or tasks on the same store.",
        )
    return here


def environment() -> dict[str, str]:
    """The worker's environment: of the launcher's variables its choice of devices, and all processes' threads."""
    names = {*LOCAL_RANK, *LOCAL_SIZE, *SIZE, *OTHERS, SHORTENING}
    kept = {name: text for name, text in os.environ.items() if name not in names and not name.startswith(PREFIXES)}
    if os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true"):
        kept["CUDA_VISIBLE_DEVICES"] = ""
    if kept.get(THREADS, "").isdigit():
        kept[THREADS] = str(int(kept[THREADS]) * processes())
    return kept


def _number(names: tuple[str, ...]) -> int | None:
    return next((int(os.environ[name]) for name in names if os.environ.get(name, "").isdigit()), None)
