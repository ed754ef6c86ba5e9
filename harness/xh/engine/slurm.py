"""The engine ``slurm-jobs``: each stage is a job of Slurm that waits for its parent's."""

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xh.engine import sbatch
from xh.engine.listener import Listener, tell
from xh.plan import Request
from xh.spec import Locations, Stage, StageError, UsageError
from xh.store import Store
from xh.store.files import make_folder

POLL = 5.0
"""Seconds between two looks at the queue."""
LAG = 15.0
"""Seconds until files that another machine wrote are seen here, at most."""
TRIES = 3


def check(request: Request) -> None:
    """Raise :class:`UsageError` where there is no Slurm, and for several GPUs that no job asks for."""
    if missing := [name for name in ("sbatch", "squeue", "scancel") if not shutil.which(name)]:
        raise UsageError(
            f"--engine {request.engine} needs {missing[0]}, which is not here.",
            todo="Run it where you submit jobs, or use --engine local.",
        )
    sbatch.check_gpus(request)


def run(stages: Sequence[Stage], locations: Locations, listener: Listener) -> None:
    """Submit the stages, ``--jobs`` of them at most at a time, and follow them; when interrupted cancel their jobs.

    Jobs that an earlier command has submitted and left are followed, too.
    """
    _Run(stages, locations, listener).run()


class _Job:
    """A job of a stage: what it says is in ``path``, of which ``read`` bytes were read."""

    def __init__(self, number: str, path: Path) -> None:
        self.number, self.path = number, path
        self.read = 0
        self.gone: float | None = None

    def said(self) -> list[dict[str, Any]]:
        """The events that are new; half a line waits for its other half."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.read)
            whole = file.read().rpartition(b"\n")[0]
        self.read += len(whole) + 1 if whole else 0
        return [json.loads(line) for line in whole.splitlines()]


class _Run:
    """One run: the stages that are not done, those of which something was heard, and the jobs by stage."""

    def __init__(self, stages: Sequence[Stage], locations: Locations, listener: Listener) -> None:
        self.locations, self.listener, self.store = locations, listener, Store(locations.store)
        self.folder = self.store.root / sbatch.FOLDER
        self.most = len(stages) if locations.jobs == "auto" else locations.jobs
        self.left = {stage.id: stage for stage in stages}
        self.begun: set[str] = set()
        self.jobs: dict[str, _Job] = {}
        self.tries: Counter[str] = Counter()

    def run(self) -> None:
        make_folder(self.folder)
        queued = _queued(self.locations.store) or {}
        try:
            while self.left:
                self._submit(queued)
                time.sleep(POLL)
                now = _queued(self.locations.store)
                self._hear()
                if now is not None:
                    self._look(now)
                    queued = now
        except BaseException:
            if numbers := [job.number for job in self.jobs.values()]:
                subprocess.run(["scancel", *numbers], capture_output=True)
            raise

    def _submit(self, queued: dict[str, str]) -> None:
        """Give each stage that is not done a job, parents first."""
        for stage in [*self.left.values()]:
            if len(self.jobs) >= self.most:
                return
            if stage.id in self.jobs:
                continue
            if stage.id not in self.begun and self.listener.blocked(stage):
                del self.left[stage.id]
                continue
            number = queued.get(stage.id) or self._submitted(stage)
            self.jobs[stage.id] = _Job(number, self.folder / f"{stage.id}-{number}.jsonl")

    def _submitted(self, stage: Stage) -> str:
        parent = self.jobs.get(stage.inputs.parent or "")
        after = [f"--dependency=afterok:{parent.number}", "--kill-on-invalid-dep=yes"] if parent else []
        options = sbatch.options(self.locations, str(sbatch.gpus(stage, self.locations)))
        words = ["sbatch", f"--job-name={stage.id}", *options, *after]
        done = subprocess.run(words, input=sbatch.body(stage, self.locations), capture_output=True, text=True)
        if done.returncode:
            why, todo = done.stderr.strip(), "Correct the options in [engines.slurm-jobs], or with --engine-set."
            raise StageError(f"Slurm did not take the job of {stage.id}.", why=why, todo=todo)
        return done.stdout.strip().partition(";")[0]

    def _hear(self) -> None:
        for stage_id, job in [*self.jobs.items()]:
            for event in job.said():
                self._begin(self.left[stage_id])
                if tell(self.listener, self.left[stage_id], event):
                    self._end(stage_id)
                    break

    def _begin(self, stage: Stage) -> None:
        if stage.id not in self.begun:
            self.begun.add(stage.id)
            self.listener.started(stage)

    def _end(self, stage_id: str) -> None:
        del self.left[stage_id], self.jobs[stage_id]

    def _look(self, queued: dict[str, str]) -> None:
        """What of jobs that are no longer in the queue and did not say how they ended."""
        for stage_id, job in [*self.jobs.items()]:
            if queued.get(stage_id) == job.number:
                job.gone = None
            elif job.gone is None:
                job.gone = time.monotonic()
            elif self._lost(self.left[stage_id]) or time.monotonic() - job.gone > LAG:
                self._again(self.left[stage_id], job)

    def _lost(self, stage: Stage) -> bool:
        """Whether a job can't have been done: one before it was lost."""
        return stage.inputs.parent in self.left and stage.inputs.parent not in self.jobs

    def _again(self, stage: Stage, job: _Job) -> None:
        """Have a stage whose job is gone submitted once more, unless that was so too often."""
        del self.jobs[stage.id]
        if not self._lost(stage):
            self.tries[stage.id] += 1
        if self.tries[stage.id] < TRIES:
            if stage.id in self.begun:
                self.listener.logged(stage, {"message": f"job {job.number} was lost; another one tries again"})
            return
        self._begin(stage)
        todo = f"See {job.path.with_suffix('.log')}."
        self.listener.failed(
            stage, StageError(f"Its job was lost {TRIES} times, last job {job.number}.", todo=todo), ""
        )
        del self.left[stage.id]


def _queued(store: str) -> dict[str, str] | None:
    """By stage the jobs of a store that are in the queue; None if Slurm does not answer."""
    found = subprocess.run(sbatch.QUEUED, capture_output=True, text=True)
    if found.returncode:
        return None
    lines = [line.strip().split("|", 2) for line in found.stdout.splitlines()]
    return {stage: number for number, comment, stage in lines if comment == sbatch.tag(store)}
