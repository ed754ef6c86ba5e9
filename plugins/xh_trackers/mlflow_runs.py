"""MLflow: a run for each stage, where ``MLFLOW_TRACKING_URI`` says, else in ``mlflow.db`` of the current folder."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from xh.api import Results
from xh_trackers.tables import COLUMNS, PROJECT, TITLE, rows

STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
REFUSED = re.compile(r"[^\w\-. :/]")
"""What MLflow has in no name."""


class Run:
    """One run."""

    def __init__(self, client: MlflowClient, run: str) -> None:
        self.client, self.run = client, run

    def log(self, scalars: Mapping[str, float], step: int | None) -> None:
        """Scalars; final ones are at step 0."""
        now = int(time.time() * 1000)
        metrics = [Metric(REFUSED.sub("_", name), value, now, step or 0) for name, value in scalars.items()]
        self.client.log_batch(self.run, metrics=metrics)

    def end(self, outcome: str) -> None:
        """Say how it ended."""
        self.client.set_terminated(self.run, STATUS[outcome])


class Runs:
    """Runs in the experiment ``MLFLOW_EXPERIMENT_NAME``, else ``xh``."""

    def __init__(self, store: Path) -> None:
        self.client = MlflowClient()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        known = self.client.get_experiment_by_name(name)
        self.experiment = known.experiment_id if known else self.client.create_experiment(name)

    def begin(self, stage: str, title: str, parameters: Mapping[str, Any]) -> Run:
        """A run with the parameters."""
        run = self._run(title)
        params = [Param(REFUSED.sub("_", name), str(value)) for name, value in parameters.items()]
        self.client.log_batch(run.run, params=[*params, Param("stage", stage)])
        return run

    def results(self, results: Results, averages: Mapping[str, float]) -> None:
        """A run of its own, with all rows as a table, the table as it is printed, and the averages."""
        run = self._run(TITLE)
        self.client.log_text(run.run, str(results), f"{TITLE}.txt")
        columns = zip(*rows(results), strict=True)
        self.client.log_table(run.run, dict(zip(COLUMNS, map(list, columns), strict=True)), f"{TITLE}.json")
        run.log(averages, None)
        run.end("finished")

    def _run(self, title: str) -> Run:
        return Run(self.client, self.client.create_run(self.experiment, run_name=title).info.run_id)
