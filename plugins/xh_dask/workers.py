"""The workers of a run: started here or as jobs, with a scheduler in this process, or those of one that is there."""

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Nanny, Security, SpecCluster, Status

from xh.api import Locations, Stage, StageError, UsageError, environments
from xh_dask.check import is_address, jobs_class
from xh_dask.quiet import Scheduler, Worker

THREADS = "OMP_NUM_THREADS"
LOOPBACK = "127.0.0.1"
ALONE = 120.0
"""Seconds without any worker after which a run ends, where workers are not ours to start."""
AGAIN = "Run the same command again; what is in the store stays."
CONFIG = {
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
}
"""A worker that says nothing for so long is given up; each stage has its worker; nobody looks at profiles."""


class Workers:
    """The workers of the scheduler that ``client`` is connected to; ``threads`` of the CPU for each, if said."""

    def __init__(self, client: Client, threads: int | None = None) -> None:
        self.client, self.threads = client, threads
        self.seen = time.monotonic()

    def alive(self) -> dict[str, dict[str, Any]]:
        """What Dask knows of each worker, by its address. Raises ``StageError`` if the scheduler is gone."""
        try:
            found: dict[str, dict[str, Any]] = self.client.scheduler_info()["workers"]
        except OSError as error:
            raise StageError("Dask's scheduler does not answer any more.", why=str(error), todo=AGAIN) from error
        return {address: each for address, each in found.items() if each["status"] == "running"}

    def want(self, number: int, idle: Sequence[str], alive: int) -> None:
        """Have so many workers, if that is for us to say; the ``idle`` ones, by address, may go.

        Raises ``StageError`` where there will be none.
        """
        if alive:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > ALONE:
            raise StageError("Dask's scheduler has no workers.", todo="Start some, or see what ended them.")


class Jobs(Workers):
    """Workers that are jobs of a cluster, one each."""

    def __init__(self, client: Client, threads: int | None, cluster: Any) -> None:
        super().__init__(client, threads)
        self.cluster = cluster

    def want(self, number: int, idle: Sequence[str], alive: int) -> None:
        """Submit more jobs, also for those that were lost, or end those that have not begun or have nothing to do."""
        names = [*self.cluster.worker_spec]
        if len(names) <= number:
            for _ in range(number - len(names)):
                self.cluster.worker_spec.update(self.cluster.new_worker_spec())
            try:
                self.cluster.sync(self._submitted)
            except (OSError, RuntimeError) as error:
                for job in self.cluster.workers.values():
                    job.status = Status.failed  # or Dask does not close the cluster
                todo = "Correct the arguments in [engines.dask], or with --engine-set."
                raise StageError("A worker's job could not be submitted.", why=str(error), todo=todo) from error
            return
        begun = {each["name"]: address for address, each in self.client.scheduler_info()["workers"].items()}
        free = {*idle}
        useless = [name for name in names if name not in begun or begun[name] in free]
        if gone := useless[: len(names) - number]:
            self.cluster.sync(self.cluster.scale_down, gone)

    async def _submitted(self) -> None:
        await self.cluster


@contextmanager
def workers(stages: Sequence[Stage], locations: Locations) -> Iterator[Workers]:
    """The workers that the engine's settings name; what was started for the run is ended with it."""
    settings = locations.engine_settings
    name = settings["cluster"]
    threads = int(os.environ[THREADS]) if os.environ.get(THREADS, "").isdigit() else None
    folder = Path(locations.store) / f"dask-{os.getuid()}"  # of others who use the store nobody may read a key
    folder.mkdir(mode=0o700, exist_ok=True)
    with dask.config.set(CONFIG), _logged(folder / "dask.log"):
        if is_address(name):
            with _connected(name, settings["tls"]) as client:
                yield Workers(client, threads)
            return
        security = Security.temporary()
        options = {"dashboard_address": settings["dashboard"] or None}
        if name == "local":
            cluster = _local(environments(stages, locations), options, security)
        else:
            cluster = _jobs(name, settings["arguments"], options, security, folder)
        with cluster, Client(cluster.scheduler_address, security=security, set_as_default=False, name="xh") as client:
            if name == "local":
                yield Workers(client, threads)
            else:
                yield Jobs(client, threads or settings["arguments"].get("cores"), cluster)


def _local(environments: Sequence[dict[str, str]], options: dict[str, Any], security: Security) -> SpecCluster:
    """As many as the engine ``local`` would have, each with its GPU."""
    both: dict[str, Any] = {"host": LOOPBACK, "protocol": "tls", "security": security}
    own = both | {"nthreads": 1, "memory_limit": 0, "worker_class": Worker, "silence_logs": logging.CRITICAL}
    specs = {
        place: {"cls": Nanny, "options": own | {"env": _differing(variables)}}
        for place, variables in enumerate(environments)
    }
    return SpecCluster(specs, {"cls": Scheduler, "options": both | options}, security=security)


def _differing(variables: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in variables.items() if os.environ.get(name) != text}


def _jobs(name: str, arguments: dict[str, Any], options: dict[str, Any], security: Security, folder: Path) -> Any:
    """Jobs that come and go as there are stages."""
    ours: dict[str, Any] = {
        "processes": 1,
        "python": f"{sys.executable} -P",
        "death_timeout": 60,
        "log_directory": str(folder),
        "shared_temp_directory": str(folder),
        "worker_extra_args": [],
    }
    given = ours | arguments
    given["worker_extra_args"] = [*given["worker_extra_args"], "--worker-class", f"{Worker.__module__}.Worker"]
    given["scheduler_options"] = options | given.get("scheduler_options", {})
    try:
        return jobs_class(name)(**given, scheduler_cls=Scheduler, security=security)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} does not take its arguments.", why=str(error)) from error


def _connected(address: str, files: dict[str, str]) -> Client:
    security = None
    if files:
        ca, cert, key = (str(Path(files[name]).absolute()) for name in ("ca", "cert", "key"))
        security = Security(require_encryption=True, tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key)
    try:
        return Client(address, security=security, set_as_default=False, name="xh")
    except (OSError, TypeError, ValueError) as error:
        todo = "Start it, or correct cluster and tls in [engines.dask], or with --engine-set."
        raise UsageError(f"There is no connection to Dask's scheduler {address}.", why=str(error), todo=todo) from error


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """What Dask has to say goes to a file."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for logger in loggers:
        logger.handlers, logger.propagate = [handler], False
    try:
        yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
        handler.close()
