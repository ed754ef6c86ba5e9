"""One run: plan, find what is missing, have the engine make it, say what became of it."""

import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from inspect import signature
from os import PathLike, fspath
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from xh.data.places import Places, places
from xh.engine.listener import descendants
from xh.engine.outcome import Announcer, Outcome
from xh.engine.preview import Preview, previewed
from xh.engine.progress import Progress
from xh.engine.tracking import Tracked, check_trackers
from xh.plan import Plan, Request, build
from xh.plan.disk import Models, check_room, disk
from xh.plan.engines import engine_settings
from xh.plan.estimate import expected, pending
from xh.plan.recipes import by_task
from xh.plan.request import Keep
from xh.plugins.registry import Registry, registry
from xh.spec import Stage, StageError
from xh.spec.reference import resolve
from xh.store import Store

if TYPE_CHECKING:
    from xh.results.rows import Results


Path = str | PathLike[str]
LISTS = ("inter", "target", "method", "langs", "similarity", "force", "log")
"""Arguments that are a name, or several."""
PROGRESS = "xh.cli.progress:observer"
"""What shows how far a run is; it stands above this room."""


def run(
    inter: str | Sequence[str] = ("none",),
    target: str | Sequence[str] = (),
    *,
    method: str | Sequence[str] = ("none",),
    profile: str | None = None,
    model: Path | Sequence[Path] | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
    data: Path | Mapping[str | None, Path] | None = None,
    langs: str | Sequence[str] = (),
    seeds: Sequence[int] = (1,),
    runs: Path = "runs",
    overrides: Mapping[str, Any] | None = None,
    train_lang: str | None = None,
    limit_train: int | float | None = None,
    limit_intermediate: int | float | None = None,
    limit_target: int | float | None = None,
    limit_eval: int | float | None = None,
    baseline: bool = True,
    similarity: str | Sequence[str] = (),
    keep: Keep = "intermediate",
    force: str | Sequence[str] = (),
    engine: str = "local",
    engine_settings: Mapping[str, Any] | None = None,
    log: str | Sequence[str] = (),
    device: str = "auto",
    jobs: int | Literal["auto"] = 1,
    gpus_per_stage: int = 1,
    offline: bool = False,
    trust_remote_code: bool = False,
    progress: bool = False,
) -> "Results":
    """``xh run`` from Python: the results of every cell, made now or found in the store ``runs``.

    A plain string is one name; ``method`` is as ``--method``, with ``+`` in a name. ``vary`` is as ``--vary``:
    ``{"limit-intermediate": [100, 0.1]}``, and several models are an axis too. ``overrides`` are as ``--set``,
    with values as they are: ``{"tatoeba.layer": 8}``; None unsets. ``data`` is as ``--data``: a text, a path, or a
    mapping from tasks to their own folders, with the other data sets' under None: ``{"mlm": "text", None: "hub"}``. A
    limit is a number of rows, or a share up to 1. ``engine_settings``: as below ``[engines.NAME]`` in ``tasks.toml``.
    ``progress``: say on stderr how far it is, as ``xh run`` does.
    Raises ``XhError`` for a wrong request or missing data, and ``StageError`` if a stage failed.
    """
    given = {name: value for name, value in locals().items() if name != "progress"}
    from xh.results.rows import collect

    request = requested(**given)
    plan = prepare(request, registry())
    seconds = expected(plan, Store(request.runs)) if progress else None
    shown = nullcontext() if seconds is None else resolve(PROGRESS)(seconds)
    with shown as observer:
        observers = [observer] if progress else []
        outcome = execute(request, plan, registry(), *observers, command=_called(request), expected=seconds)
    if outcome.interrupted:
        raise KeyboardInterrupt
    for stage_id, error in outcome.failed.items():
        raise StageError(f"{stage_id} failed: {error}", todo=f"See {outcome.store.failed / stage_id}.") from error
    return collect(outcome.store, outcome.plan.cells)


def preview(*arguments: Any, **options: Any) -> Preview:
    """What :func:`xh.run` with the same arguments would do; nothing is run or written.

    ``print`` shows what ``xh plan`` does, and a notebook a table of the stages. Raises ``XhError`` for a wrong request
    or missing data.
    """
    given = signature(run).bind(*arguments, **options)
    given.apply_defaults()
    del given.arguments["progress"]
    return previewed([requested(**given.arguments)], registry())


def requested(**given: Any) -> Request:
    """The arguments of :func:`run` as a request."""
    model = given["model"]
    named = () if model is None else (model,) if isinstance(model, str | PathLike) else model
    models = tuple(fspath(each) for each in named)
    axes: dict[str, tuple[Any, ...]] = {"model": models} if len(models) > 1 else {}
    lists = {name: _names(given[name]) for name in LISTS}
    others = {
        "model": models[0] if models else None,
        "vary": axes | {axis: tuple(values) for axis, values in (given["vary"] or {}).items()},
        "data": _places(given["data"]),
        "seeds": tuple(given["seeds"]),
        "runs": fspath(given["runs"]),
        "overrides": by_task(given["overrides"] or {}),
        "engine_settings": dict(given["engine_settings"] or {}),
    }
    return Request(**given | lists | others)


def _called(request: Request) -> tuple[str, ...]:
    """A call from Python in words, for the record of runs."""
    plain = msgspec.structs.asdict(Request(inter=(), target=()))
    said = {name: value for name, value in msgspec.structs.asdict(request).items() if value != plain[name]}
    texts = {name: str(value) if isinstance(value, Places) else value for name, value in said.items()}
    return ("xh.run", *(f"{name}={value!r}" for name, value in texts.items()))


def _names(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def _places(data: Path | Mapping[str | None, Path] | None) -> Places:
    if isinstance(data, str):
        return places(data)
    folders = data if isinstance(data, Mapping) else {} if data is None else {None: data}
    own = {name: fspath(folder) for name, folder in folders.items() if name is not None}
    return Places(fspath(folders[None]) if None in folders else None, own)


def prepare(wanted: Request | Sequence[Request], registry: Registry) -> Plan:
    """The plan of a run, once the engine has agreed to it; what it needs from the Hub is downloaded into the cache."""
    requests = [wanted] if isinstance(wanted, Request) else wanted
    for request in requests:
        if check := registry.engines.get(request.engine).check:
            resolve(check)(msgspec.structs.replace(request, engine_settings=engine_settings(request, registry)))
        check_trackers(request.log, registry)
    return build(requests, registry, Store(requests[0].runs).evaluations(), download=True)


def execute(
    request: Request,
    plan: Plan,
    registry: Registry,
    *observers: object,
    command: Sequence[str] = (),
    expected: Mapping[str, float | None] | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Outcome:
    """Run what the store lacks of the request's plan; ``observers`` are plugins with announcing hooks.

    ``command`` is what the record of runs says; ``expected`` are the seconds by stage, as far as earlier ones say;
    ``warn`` is told what the run goes on without. Raises ``xh.spec.StorageError`` if the disk has too little room.
    """
    engine = resolve(registry.engines.get(request.engine).run)
    store = Store.open(request.runs)
    needed, cached = pending(plan, store)
    check_room(disk(plan.stages, needed, request.keep, plan.locations), request.runs)
    outcome = Outcome(plan, store, cached, Models(plan.stages, request.keep, cached))
    trackers = [Tracked(registry.trackers.get(name), store.root, warn) for name in request.log]
    with store.runs.run(command) as under_way:
        progress = Progress(store.progress / f"{under_way.name}.jsonl", expected or {})
        with _observed(registry, [*observers, *trackers, progress]):
            _run(engine, needed, outcome, registry)
        under_way.ended(
            outcome="interrupted" if outcome.interrupted else "failed" if outcome.failed else "finished",
            done=len(outcome.done),
            cached=len(outcome.cached),
            failed=tuple(outcome.failed),
        )
    return outcome


@contextmanager
def _observed(registry: Registry, observers: Sequence[object]) -> Iterator[None]:
    with ExitStack() as registered:
        for observer in observers:
            registry.plugins.manager.register(observer)
            registered.callback(registry.plugins.manager.unregister, observer)
        yield


def _run(engine: Any, needed: list[Stage], outcome: Outcome, registry: Registry) -> None:
    started = time.monotonic()
    announcer = Announcer(outcome, registry)
    announcer.announce("xh_run_start", stages=list(outcome.plan.stages.values()), cached=outcome.cached)
    try:
        if needed:
            with _terminable():
                engine(needed, outcome.plan.locations, announcer)
        _check_made(needed, outcome, announcer)
    except KeyboardInterrupt:
        outcome.interrupted = True
        known, anew = {*outcome.done}, {*outcome.plan.locations.anew}
        outcome.done = [
            stage.id
            for stage in needed
            if stage.id in known or (stage.id not in anew and outcome.store.startable(stage.id))
        ]
    outcome.skipped = descendants(needed, set(outcome.failed))
    outcome.seconds = time.monotonic() - started
    done = [*outcome.cached, *outcome.done]
    if not outcome.interrupted and registry.plugins.hook.xh_run_results.get_hookimpls():
        from xh.results.rows import collect

        announcer.announce("xh_run_results", results=collect(outcome.store, outcome.plan.cells))
    announcer.announce("xh_run_end", done=done, failed=outcome.failed, interrupted=outcome.interrupted)


def _check_made(needed: list[Stage], outcome: Outcome, announcer: "Announcer") -> None:
    """What an engine says is done must be in the store, and it must not forget a stage."""
    left_out = {*outcome.failed, *descendants(needed, set(outcome.failed))}
    undone = {*outcome.plan.locations.anew} - {*outcome.done}
    for stage in needed:
        if stage.id not in left_out and (stage.id in undone or not outcome.store.record(stage.id)):
            outcome.done = [each for each in outcome.done if each != stage.id]
            todo = "Run the command again, or use another --engine."
            announcer.failed(stage, StageError("The engine ended, but the stage is not in the store.", todo=todo), "")


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does (Slurm sends it before a job's time is up)."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread, which alone may set handlers
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
