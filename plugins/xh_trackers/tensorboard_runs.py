"""TensorBoard: a folder of event files for each stage, below ``tensorboard`` in the store."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from xh.api import Results
from xh_trackers.tables import TITLE


class Run:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        self.writer = EventFileWriter(str(folder))

    def log(self, scalars: Mapping[str, float], step: int | None) -> None:
        """Scalars; final ones are at step 0."""
        values = [Summary.Value(tag=name, simple_value=value) for name, value in scalars.items()]
        self.add(Summary(value=values), step or 0)
        self.writer.flush()

    def add(self, summary: Summary, step: int = 0) -> None:
        """Any summary."""
        self.writer.add_event(Event(summary=summary, step=step, wall_time=time.time()))

    def end(self, outcome: str) -> None:
        """Write what is left."""
        self.writer.close()


class Runs:
    """Folders that are called as the stages are, with the end of their ids."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "tensorboard"

    def begin(self, stage: str, title: str, parameters: Mapping[str, Any]) -> Run:
        """A folder with the parameters, for the dashboard HParams and as a table for Text."""
        run = Run(self.folder / f"{_file_name(title)}-{stage.rpartition('-')[2]}")
        known = {name: value for name, value in parameters.items() if value is not None}
        run.add(hparams_pb(known))
        run.add(text_pb("parameters", _code("\n".join(f"{name} = {value}" for name, value in known.items()))))
        return run

    def results(self, results: Results, averages: Mapping[str, float]) -> None:
        """The table as text, and the averages."""
        run = Run(self.folder / TITLE)
        run.add(text_pb(TITLE, _code(str(results))))
        run.log(averages, None)
        run.end("finished")


def _file_name(title: str) -> str:
    return re.sub(r"[^\w.+@-]+", "-", title)


def _code(text: str) -> str:
    """Text that is shown as it is, for the dashboard reads Markdown."""
    return "".join(f"    {line}\n" for line in text.splitlines())
