"""Trackio: a run for each stage in the project ``xh``, in a database below ``TRACKIO_DIR`` of this machine."""

from collections.abc import Mapping
from contextlib import redirect_stdout
from contextvars import Context
from io import StringIO
from pathlib import Path
from typing import Any

import trackio
from pandas import DataFrame

from xh.api import Results
from xh_trackers.tables import COLUMNS, PROJECT, TITLE, rows


class Run:
    """One run."""

    def __init__(self, run: Any) -> None:
        self.run = run

    def log(self, scalars: Mapping[str, float], step: int | None) -> None:
        """Scalars."""
        self.run.log(dict(scalars), step=step)

    def end(self, outcome: str) -> None:
        """Write what is left."""
        with redirect_stdout(StringIO()):
            self.run.finish()


class Runs:
    """The stages of one xh run, grouped by the store's folder."""

    def __init__(self, store: Path) -> None:
        self.group = store.resolve().name

    def begin(self, stage: str, title: str, parameters: Mapping[str, Any]) -> Run:
        """A run with the parameters as its config."""
        return Run(self._run(title, {**parameters, "stage": stage}))

    def results(self, results: Results, averages: Mapping[str, float]) -> None:
        """A run of its own, with all rows as a table, and the averages."""
        run = self._run(TITLE, {})
        table = trackio.Table(dataframe=DataFrame(rows(results), columns=COLUMNS))
        run.log({TITLE: table, **averages})
        Run(run).end("finished")

    def _run(self, title: str, config: Mapping[str, Any]) -> Any:
        """A run, in a context of its own: in this one a new run would end the one before."""
        with redirect_stdout(StringIO()):  # where the runs lie and how to see them, each time
            return Context().run(trackio.init, PROJECT, title, self.group, config=dict(config))
