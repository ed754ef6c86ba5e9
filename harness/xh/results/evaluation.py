"""Finished evaluations as the store has them: a stage, the trainings before it, and its scores."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from xh.results.records import Scores
from xh.spec import StorageError, TaskSpec
from xh.store import Record, Store

SCORES = "scores.json"


class Evaluation(Struct, frozen=True):
    """An evaluate stage's record, its ancestors' records (the first trained first), and its scores.

    ``only``: the languages that a report is over, where it was asked for some.
    """

    record: Record
    ancestors: tuple[Record, ...]
    scores: Scores
    only: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The stage's name."""
        return self.record.stage.id

    @property
    def inter(self) -> str:
        """The intermediate task, or ``none``."""
        return self.record.stage.label.inter

    @property
    def task(self) -> TaskSpec:
        """The target."""
        return self.record.stage.inputs.tasks["test"]

    @property
    def seed(self) -> int | None:
        """The seed of the last training; None where nothing was trained."""
        return self.ancestors[-1].stage.inputs.seed if self.ancestors else None

    @property
    def policy(self) -> str | None:
        """What selected the target's checkpoint; None where it wasn't trained."""
        return selected(self.ancestors)

    @property
    def chain(self) -> tuple[Record, ...]:
        """All records in the order in which they were made."""
        return (*self.ancestors, self.record)


def selected(ancestors: Iterable[Record]) -> str | None:
    """The policy that selected the checkpoint of the target's training, if that is among these."""
    recipes = (record.stage.inputs.recipe for record in ancestors if record.stage.phase == "target")
    return next((recipe.get("select") for recipe in recipes), None)


def read(store: Store, stage_id: str) -> Evaluation | None:
    """A finished evaluation; None where the stage isn't in the store or isn't whole."""
    record = store.record(stage_id)
    if record is None or record.stage.phase != "evaluate":
        return None
    return Evaluation(record, tuple(_ancestors(store, record))[::-1], _scores(store, stage_id))


def _ancestors(store: Store, record: Record) -> Iterator[Record]:
    parent = record.stage.inputs.parent
    while parent and (found := store.read(parent)):
        yield found
        parent = found.stage.inputs.parent


def _scores(store: Store, stage_id: str) -> Scores:
    path = store.folder(stage_id) / SCORES
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scores)
    except (OSError, msgspec.MsgspecError) as error:
        todo = f"Remove {path.parent} and run the stage again."
        raise StorageError(f"{path} can't be read.", why=str(error), todo=todo) from error
