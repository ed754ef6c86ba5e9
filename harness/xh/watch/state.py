"""What became of a run so far, read from the files of its store: nothing is asked of the run itself."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from xh.engine.clock import Clock
from xh.results.trainings import Losses, Scores, read_log
from xh.spec.stage import TRAININGS
from xh.store import Store
from xh.store.files import content
from xh.store.folders import WORK, stage_of
from xh.store.history import RunRecord
from xh.store.progress import Event, Planned, events

State = Literal["running", "failed", "interrupted", "waiting", "skipped", "done", "made before"]
LOG = "log.jsonl"
LOGS = 1024
"""What of logs is kept in memory."""
Changed = tuple[int, int]
"""When a file changed last, in nanoseconds since 1970, and its bytes."""


class Counted(Struct, frozen=True):
    """How much of a stage is done: ``done`` of ``total`` steps, sentences or languages."""

    done: int
    total: int
    unit: str


class Followed(Struct, kw_only=True):
    """A stage. ``began``: in seconds since 1970; ``seconds``: what it took, or has taken so far."""

    planned: Planned
    state: State = "waiting"
    began: float | None = None
    seconds: float | None = None
    text: str = ""
    counted: Counted | None = None
    loss: Losses = ()
    dev: Scores = ()


class RunState(Struct, kw_only=True):
    """A run with its stages in order. ``left``: ``about 12 min left``, where that is known."""

    name: str
    record: RunRecord
    stages: list[Followed]
    left: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether somebody makes it at this moment."""
        return self.record.outcome == "running"

    def count(self, *states: State) -> int:
        """How many stages are in one of these states."""
        return sum(each.state in states for each in self.stages)


class _Entry(Struct):
    """What of a line of a log says how far a stage is."""

    step: int = 0
    steps: int = 0
    encoded: int = 0
    sentences: int = 0
    lang: str = ""
    metric: str = ""
    main: bool = True


def followed(store: Store, now: float) -> list[RunState]:
    """The runs under way, or else the last one; ``now`` in seconds since 1970."""
    return [_run(store, name, record, now) for name, record in store.runs.current().items()]


def _run(store: Store, name: str, record: RunRecord, now: float) -> RunState:
    told = list(events(store.progress / f"{name}.jsonl"))
    stages = {each.id: Followed(planned=each, state=_before(each)) for event in told for each in event.stages}
    for event in told:
        if event.stage in stages:
            _apply(event, stages[event.stage])
    state = RunState(name=name, record=record, stages=list(stages.values()))
    working = _working(store)
    for each in state.stages:
        _look(store, each, working.get(each.planned.id, ()), state.under_way, now)
    _skip(state.stages)
    state.left = _left(state.stages, told, now) if state.under_way else None
    return state


def _before(planned: Planned) -> State:
    return "made before" if planned.cached else "waiting"


def _apply(event: Event, stage: Followed) -> None:
    if event.what == "began":
        stage.state, stage.began = "running", event.at
    elif event.what == "done":
        stage.state, stage.seconds = "done", event.seconds
    elif event.what == "failed":
        stage.state = "failed"
    if event.text:
        stage.text = event.text


def _working(store: Store) -> dict[str, list[Path]]:
    """By stage the folders of who works on it; looked up once, as there may be hundreds of stages."""
    found: dict[str, list[Path]] = {}
    for folder in store.stages.glob(f"{WORK}*"):
        found.setdefault(stage_of(folder.name), []).append(folder)
    return found


def _look(store: Store, stage: Followed, working: Sequence[Path], under_way: bool, now: float) -> None:
    """What the stage's own files say: how far it is, its losses, and whether it was ended with its run."""
    planned = stage.planned
    if stage.state == "running":
        stage.seconds = now - stage.began if stage.began and under_way else None
        if not under_way:  # it may have been saved in the last moment
            stage.state = "done" if (store.folder(planned.id) / "stage.json").exists() else "interrupted"
    if stage.began is None or (found := _log(store, planned.id, working)) is None:
        return
    log, changed = found
    if planned.phase in TRAININGS:
        stage.loss, stage.dev = _read(log, changed)
    if stage.state == "running":
        stage.counted = _counted(log, planned)


def _log(store: Store, stage_id: str, working: Sequence[Path]) -> tuple[Path, Changed] | None:
    """The log of a stage: of who works on it, the last that changed, or as it is when it is done or has failed."""
    found = [(path, changed) for folder in working if (changed := _changed(path := folder / LOG))]
    if found:
        return max(found, key=lambda each: each[1])
    there = (store.folder(stage_id) / LOG, store.failed / stage_id / LOG)
    return next(((path, changed) for path in there if (changed := _changed(path))), None)


def _changed(path: Path) -> Changed | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@lru_cache(LOGS)
def _read(log: Path, changed: Changed) -> tuple[Losses, Scores]:
    """A log that did not change is not read again."""
    return read_log(log)


def _counted(log: Path, planned: Planned) -> Counted | None:
    found = list(_entries(log))
    if langs := {each.lang for each in found if each.lang and each.metric and each.main}:
        return Counted(len(langs), planned.languages, "languages")
    for each in reversed(found):
        if each.steps:
            return Counted(each.step, each.steps, "steps")
        if each.sentences:
            return Counted(each.encoded, each.sentences, "sentences")
    return None


def _entries(log: Path) -> Iterator[_Entry]:
    try:
        lines = content(log).splitlines()
    except OSError:  # the stage was finished just now
        return
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=_Entry)
        except (msgspec.MsgspecError, RecursionError):  # cut off, or an entry of a plugin
            continue


def _skip(stages: Iterable[Followed]) -> None:
    """What starts from a failed stage is not made."""
    lost: set[str] = set()
    for stage in stages:
        if stage.state == "waiting" and stage.planned.parent in lost:
            stage.state = "skipped"
        if stage.state in ("failed", "skipped"):
            lost.add(stage.planned.id)


def _left(stages: Iterable[Followed], told: Iterable[Event], now: float) -> str | None:
    """What is left, as the run itself reckons: what was told once more, at the times at which it was."""
    at = [0.0]
    known = {stage.planned.id: stage.planned for stage in stages}
    wanted = {
        stage.planned.id: stage.planned.seconds for stage in stages if stage.state not in ("skipped", "made before")
    }
    clock = Clock(wanted, now=lambda: at[0])
    clock.plan(known.values())
    for event in told:
        at[0] = event.at
        if event.stage in known and event.what == "began":
            clock.begin(known[event.stage])
        elif event.stage in known and event.what in ("done", "failed"):
            clock.end(known[event.stage], event.seconds if event.what == "done" and not event.cached else None)
    for stage in stages:
        if stage.state == "running" and stage.counted:
            clock.advance(stage.planned, stage.counted.done, stage.counted.total)
    at[0] = now
    return clock.remaining()
