"""Weights & Biases: a run for each stage, in the project ``WANDB_PROJECT``, else ``xh``; kept here if offline."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb

from xh.api import Results
from xh_trackers.tables import COLUMNS, PROJECT, TITLE, rows


class Run:
    """One run."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def log(self, scalars: Mapping[str, float], step: int | None) -> None:
        """Scalars; several entries of one step are one."""
        self.run.log(dict(scalars), step=step)

    def end(self, outcome: str) -> None:
        """Have it sent, or written."""
        self.run.finish(exit_code=0 if outcome == "finished" else 1)


class Runs:
    """The stages of one xh run, grouped by the store's folder."""

    def __init__(self, store: Path) -> None:
        self.store = store

    def begin(self, stage: str, title: str, parameters: Mapping[str, Any]) -> Run:
        """A run with the parameters as its config."""
        return Run(self._run(title, {**parameters, "stage": stage}))

    def results(self, results: Results, averages: Mapping[str, float]) -> None:
        """A run of its own, with all rows as a table, and the averages."""
        run = self._run(TITLE, {})
        run.log({TITLE: wandb.Table(columns=[*COLUMNS], data=rows(results)), **averages})
        run.finish()

    def _run(self, title: str, config: Mapping[str, Any]) -> Any:
        return wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            group=os.environ.get("WANDB_RUN_GROUP", self.store.resolve().name),
            name=title,
            config=dict(config),
            dir=self.store,
            reinit="create_new",  # with an engine of one's own, several stages are under work
            settings=wandb.Settings(console="off", silent=True),
        )
