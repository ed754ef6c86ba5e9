"""A store in which a run is under way: what it and its stages have written so far, with no run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xh.store import Store
from xh.store.progress import Event, Planned, append

BASELINE, TRAINING, TRANSFER = "evaluate-t-1", "intermediate-i-2", "evaluate-t-3"
BEGAN = 1_000.0


class UnderWay:
    """One run of a baseline, a training and what is evaluated after it."""

    def __init__(self, store: Store, name: str, title: str) -> None:
        self.store, self.path, self.title = store, store.progress / f"{name}.jsonl", title

    def plan(self, **seconds: float) -> None:
        shared = [
            Planned(id=BASELINE, title="evaluate t", phase="evaluate", task="t", languages=2, cached=True),
            Planned(id=TRAINING, title=self.title, phase="intermediate", task="i", seconds=seconds.get("training")),
            Planned(
                id=TRANSFER, title="evaluate t after i", phase="evaluate", task="t", parent=TRAINING, languages=2,
                seconds=seconds.get("transfer"),
            ),
        ]  # fmt: skip
        self.tell("planned", BEGAN, stages=tuple(shared))

    def tell(self, what: str, at: float, stage: str = "", **more: object) -> None:
        append(self.path, Event(at=at, what=what, stage=stage, **more))

    def log(self, stage: str, *entries: dict, rest: str = "") -> Path:
        folder = self.store.stages / f".work-{stage}~host-1-abcd"
        folder.mkdir(exist_ok=True)
        (folder / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries) + rest)
        return folder


@contextmanager
def under_way(
    store: Store, title: str = "intermediate i", command: tuple[str, ...] = ("xh", "run")
) -> Iterator[UnderWay]:
    """A context in which a run is under way."""
    with store.runs.run(command) as run:
        yield UnderWay(store, run.name, title)
