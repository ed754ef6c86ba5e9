"""How long stages take, from those that were made before."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from xh.spec import Machine, Stage
from xh.store import Record, Store


class Cost(Struct):
    """What stages that are alike took in all, and their work: rows times epochs, or languages."""

    seconds: float = 0.0
    work: float = 0.0
    stages: set[str] = field(default_factory=set)


class Pace:
    """What the stages of a store took, those that were made on the machine of the newest one."""

    def __init__(self, store: Store) -> None:
        self.records = list(store.records()) if store.stages.is_dir() else []
        newest = max(self.records, key=lambda record: record.finished, default=None)
        self.machine = newest.machine if newest else Machine()
        self.costs: dict[Any, Cost] = {}
        self.used: set[str] = set()
        for record in self.records:
            if record.seconds and _place(record.machine) == _place(self.machine):
                self._add(record)

    def seconds(self, stage: Stage, rows: int | None) -> float | None:
        """What a stage that reads so many rows takes: as the most similar ones did for as much; None without any."""
        for key, work in _works(stage, rows):
            if cost := self.costs.get(key):
                self.used |= cost.stages
                return round(cost.seconds * work / cost.work, 1)
        return None

    def source(self) -> str:
        """Where what :meth:`seconds` said comes from, e.g. ``8 earlier stages on NVIDIA H200``."""
        where = f" on {self.machine.processor}" if self.machine.processor else ""
        return f"{len(self.used)} earlier {'stage' if len(self.used) == 1 else 'stages'}{where}"

    def _add(self, record: Record) -> None:
        for key, work in _works(record.stage, record.facts.get("rows", {}).get("train")):
            cost = self.costs.setdefault(key, Cost())
            cost.seconds, cost.work = cost.seconds + record.seconds, cost.work + work
            cost.stages.add(record.stage.id)


def _place(machine: Machine) -> tuple[str, str]:
    return machine.device, machine.processor


def _works(stage: Stage, rows: int | None) -> Iterator[tuple[Any, float]]:
    """What stages are alike by, the most telling first, and how much work this one is then."""
    inputs = stage.inputs
    task = inputs.task
    if stage.phase == "evaluate":
        yield (inputs.encoder, task.name, inputs.limit_eval), len(inputs.languages)
    elif stage.phase == "represent":
        yield (inputs.encoder, stage.phase, inputs.recipe.get("rows"), inputs.recipe.get("max_length")), 1
    elif rows:
        alike = inputs.encoder, task.kind, inputs.recipe.get("max_length")
        work = rows * float(inputs.recipe["epochs"])
        yield (*alike, task.name), work
        yield alike, work
