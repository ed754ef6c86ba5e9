"""Every hook of xh. This file is the manual; ``docs/plugins.md`` shows each one in use.

A plugin is a module named by an entry point in the group ``xh``; it implements any of these functions under
``@hookimpl`` and may leave out arguments that it does not need.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from xh.spec import CommandSpec, EncoderSpec, EngineSpec, KindSpec, Locations, ReportFormat, Stage, TaskSpec, XhError

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob, TrainJob

GROUP = "xh"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


# Registration: called one plugin at a time, whenever xh starts; an error costs that plugin's records and one warning.


@hookspec
def xh_tasks() -> Sequence[TaskSpec]:  # type: ignore[empty-body]
    """Return task records. Called at every start: import nothing heavy. All plugins' records are collected."""


@hookspec
def xh_kinds() -> Sequence[KindSpec]:  # type: ignore[empty-body]
    """Return kinds, which task records then know by name. Called at every start, before ``xh_tasks``.

    A record names its code, a subclass of ``xh.api.Kind``, which is imported inside a stage. All plugins' records are
    collected.
    """


@hookspec
def xh_encoders() -> Sequence[EncoderSpec]:  # type: ignore[empty-body]
    """Return named encoders, which ``--model NAME`` and profiles then know. All plugins' records are collected."""


@hookspec
def xh_engines() -> Sequence[EngineSpec]:  # type: ignore[empty-body]
    """Return engines, which ``--engine NAME`` then knows. All plugins' records are collected."""


@hookspec
def xh_report_formats() -> Sequence[ReportFormat]:  # type: ignore[empty-body]
    """Return report formats, which ``xh report --format NAME`` then knows. All plugins' records are collected."""


@hookspec
def xh_commands() -> Sequence[CommandSpec]:  # type: ignore[empty-body]
    """Return commands, which ``xh NAME`` then runs. All plugins' records are collected."""


# Decisions: called in the worker while a stage runs; the first result that isn't None wins, plugins before the
# built-in implementation (which is ``trylast``). An exception fails the stage.


@hookspec(firstresult=True)
def xh_load_data(task: TaskSpec, split: str, lang: str, locations: Locations) -> Any:
    """Return the rows of one split (``train``, ``dev`` or ``test``) in one language, or None to leave it to others.

    Rows are a ``datasets.Dataset`` or a list of dicts, with the data's own columns. The first result wins.
    """


@hookspec(firstresult=True)
def xh_train(job: "TrainJob") -> Mapping[str, Any] | None:
    """Train ``job`` and write the model into ``job.folder / "model"``, or return None to leave it to others.

    Returns facts about the training for the stage's record (steps, seconds, the dev score…); ``precision`` (fp32, bf16)
    goes to what the stage was made on. The first result wins.
    """


@hookspec(firstresult=True)
def xh_evaluate(job: "EvaluateJob") -> Mapping[str, Any] | None:
    """Evaluate ``job`` and write its predictions below ``job.predictions``, or return None to leave it to others.

    Returns ``{"scores": […], "protocol": {…}}``: one score per language and metric (``xh.results.rows.Score``), and the
    facts that every result row carries; and where it is known ``"precision"``, as of a training. The first result wins.
    """


# Announcements: called in the main process, all plugins, in any order; an exception is logged and changes nothing.


@hookspec
def xh_run_start(stages: Sequence[Stage], cached: Sequence[str]) -> None:
    """Called before the first stage, with the plan's stages in order and the ids of those already in the store."""


@hookspec
def xh_run_end(done: Sequence[str], failed: Mapping[str, XhError], interrupted: bool) -> None:
    """Called after the last stage, with the ids of the stages that are in the store and the errors of the others."""


@hookspec
def xh_phase_start(stage: Stage) -> None:
    """Called when a worker takes up a stage."""


@hookspec
def xh_phase_log(stage: Stage, entry: Mapping[str, Any]) -> None:
    """Called for each line of the stage's ``log.jsonl``, as it is written; first the ``machine`` that it is made on."""


@hookspec
def xh_phase_end(stage: Stage, seconds: float, cached: bool) -> None:
    """Called when a stage is in the store; ``cached`` where another process had made it meanwhile."""


@hookspec
def xh_phase_error(stage: Stage, error: XhError) -> None:
    """Called when a stage failed."""
