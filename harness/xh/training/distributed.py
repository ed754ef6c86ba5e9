"""A training by several processes of this machine, each of which learns its part of every batch.

The Trainer averages their gradients (torch's DistributedDataParallel) where it finds a process group. What must be
the same for all, the first process decides; it alone looks at the dev set, logs and writes.
"""

import os
import pickle
import socket
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import torch
from msgspec.structs import replace
from torch import distributed

from xh.kinds.base import kind_of
from xh.model import memory
from xh.plugins.registry import registry
from xh.spec import Locations, StageError, XhError
from xh.stage import load
from xh.stage.cache import StageCache
from xh.stage.job import Log, TrainJob
from xh.stage.methods import methods_of
from xh.training.member import begin, context

T = TypeVar("T")
Work = Callable[[TrainJob], dict[str, Any]]

PATIENCE = timedelta(days=1)
"""For a look at the dev set, during which the others wait; a process that dies is noticed from outside, at once."""
ECHO = 2.0
"""Seconds between the death of a process and what the others raise for it, at most."""


def broadcast(decide: Callable[[], T]) -> T:
    """What the first process of the team decides; where there is no team, what this one does."""
    if not distributed.is_initialized():
        return decide()
    box = [decide() if distributed.get_rank() == 0 else None]
    distributed.broadcast_object_list(box)
    return box[0]  # type: ignore[return-value]


def distribute(work: Work, job: TrainJob) -> dict[str, Any]:
    """Have ``job.site.processes`` processes do a work; returns what the first of them does.

    Where one fails, the others are ended and its error is raised; for one that died that is a :class:`StageError`.
    """
    count = job.locations.processes
    _check_devices(job.locations)
    memory.release()
    sendable = replace(job, kind=None, load=None, log=None, methods=(), cache=StageCache(room=0))
    sent = pickle.dumps((_take_part, work, sendable))
    members: dict[Connection, BaseProcess] = {}
    starter, environment = context(), _environment(job.locations)
    with TemporaryDirectory() as folder:
        try:
            for rank in range(count):
                ours, theirs = starter.Pipe()
                arguments = (sent, environment, rank, f"{folder}/meeting", theirs)
                process: BaseProcess = starter.Process(target=begin, args=arguments)
                process.start()
                members[ours] = process
                theirs.close()
            return _heard(members, job)
        finally:
            for process in members.values():
                process.kill()
                process.join()


def _environment(locations: Locations) -> dict[str, str]:
    """The variables of each process: the GPUs of all of them, and the threads that they divide."""
    gpus = {"CUDA_VISIBLE_DEVICES": ",".join(locations.gpus)} if locations.gpus else {}
    several = locations.gpus_per_stage > 1  # then this process has the threads of one
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads() * locations.processes)} if several else {}
    return {**os.environ, **gpus, **threads}


def _check_devices(locations: Locations) -> None:
    count = locations.processes
    there = len(locations.gpus) or (torch.cuda.device_count() if torch.cuda.is_available() else count)
    if there < count:
        raise StageError(f"{count} processes need as many GPUs; there are {there}.", todo=f"Launch {there}, or fewer.")


def _heard(members: dict[Connection, BaseProcess], job: TrainJob) -> dict[str, Any]:
    """Listen until all are done; raises for the first that fails."""
    facts: dict[str, Any] = {}
    talking: list[Any] = list(members)
    while talking:
        ready: list[Any] = wait(talking)
        for pipe in ready:
            word, content = _word(pipe)
            if word == "failed":
                raise _cause(list(members.values()), content)
            if word == "log":
                job.log(content)
                with suppress(OSError):  # its death is heard next
                    pipe.send(None)
            else:
                facts |= content
                talking.remove(pipe)
    return facts


def _word(pipe: Any) -> tuple[str, Any]:
    try:
        found: tuple[str, Any] = pipe.recv()
    except (EOFError, OSError):
        return "failed", None
    return found


def _cause(members: list[BaseProcess], error: Exception | None) -> Exception:
    """What a process raised, unless another died; for then the others fail too, and may be heard of first."""
    dead = wait([process.sentinel for process in members], ECHO if error else None)
    if error and not dead:
        return error
    process = next(each for each in members if each.sentinel in dead)
    process.join()
    code = process.exitcode or 0
    cause = f"signal {-code}" if code < 0 else f"exit code {code}"
    return StageError(
        f"Process {members.index(process) + 1} of {len(members)} died ({cause}).",
        why="This is often caused by too little memory." if code == -9 else "worker.log may say why.",
        todo="Run the same command again; it resumes from what was saved.",
    )


def _take_part(work: Work, job: TrainJob, rank: int, meeting: str, pipe: Connection) -> None:
    """One of the processes. It is ended from outside, when all are done or one has failed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def log(entry: Any) -> None:
        if rank == 0:
            pipe.send(("log", entry))
            pipe.recv()  # so that a checkpoint has the log until then

    try:
        _meet(rank, job.locations.processes, meeting)
        facts = work(_ready(job, log))
        pipe.send(("done", facts if rank == 0 else {}))
    except Exception as error:
        pipe.send(("failed", _sendable(error)))
    threading.Event().wait()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent
    parent.join()
    os._exit(1)


def _meet(rank: int, count: int, meeting: str) -> None:
    """Make the process group that the Trainer finds, and say what accelerate reads; nothing leaves the machine."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "") or torch.get_num_threads())
    torch.set_num_threads(max(1, threads // count))
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
    os.environ.update({name: str(number) for name, number in names.items()})
    loopback = next(name for _, name in socket.if_nameindex() if name.startswith("lo"))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(rank)
    backend, place = "nccl" if gpu else "gloo", f"file://{meeting}"
    distributed.init_process_group(backend, init_method=place, timeout=PATIENCE, rank=rank, world_size=count)


def _ready(job: TrainJob, log: Log) -> TrainJob:
    """The job with what can't be sent from process to process."""
    found = registry()
    loading = load.loader(found, job.locations, job.stage.inputs)
    methods = methods_of(job.stage, found, job.locations)
    return replace(job, kind=kind_of(job.train), load=loading, log=log, methods=methods)


def _sendable(error: Exception) -> Exception:
    """An error as it is, if those who get it look at what it is; else what it says."""
    if isinstance(error, XhError) or (isinstance(error, RuntimeError) and memory.exhausted(error)):
        return error
    found = StageError(f"{type(error).__name__}: {error}")
    found.add_note(traceback.format_exc())
    return found
