"""Every hook of xh. This file is the manual; ``docs/hooks.md`` shows each one in use.

A plugin is a module named by an entry point in the group ``xh``; it implements any of these functions under
``@hookimpl`` and may leave out arguments that it does not need. Each docstring says when a hook is called and how
often, in which process and thread, what may be returned, and what an exception does.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    KindSpec,
    LanguageSpec,
    Locations,
    MethodSpec,
    ReportFormat,
    Stage,
    StudySpec,
    TaskSpec,
    TrackerSpec,
    XhError,
)

if TYPE_CHECKING:
    from xh.results.records import Results
    from xh.stage.job import EvaluateJob, TrainJob

GROUP = "xh"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


# Registration. A record is light: it names code as "module:attr", which is imported when it is used.


@hookspec
def xh_tasks() -> Sequence[TaskSpec]:  # type: ignore[empty-body]
    """Tasks, which ``--inter``, ``--target`` and the other options of names then know.

    When: once in each process that looks names up, after ``xh_kinds``; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_kinds() -> Sequence[KindSpec]:  # type: ignore[empty-body]
    """Kinds of tasks, whose names task records then use; the code of one is a subclass of ``xh.api.Kind``.

    When: once in each process that looks names up, before ``xh_tasks``; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_methods() -> Sequence[MethodSpec]:  # type: ignore[empty-body]
    """Methods of training, which ``--method NAME`` then knows; the code of one is a subclass of ``xh.api.Method``.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_encoders() -> Sequence[EncoderSpec]:  # type: ignore[empty-body]
    """Named encoders, which ``--model NAME`` and profiles then know.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_engines() -> Sequence[EngineSpec]:  # type: ignore[empty-body]
    """Engines, which ``--engine NAME`` then knows; see ``execute``, ``Scheduler`` and ``Listener`` in ``xh.api``.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_trackers() -> Sequence[TrackerSpec]:  # type: ignore[empty-body]
    """Trackers of experiments, which ``--log NAME`` then knows; see ``Tracker`` in ``xh.api``.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_studies() -> Sequence[StudySpec]:  # type: ignore[empty-body]
    """Studies, which ``xh study`` then knows: a question with the runs that answer it.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_languages() -> Sequence[LanguageSpec]:  # type: ignore[empty-body]
    """What is known of languages: their names, and the facts by which ``--langs low,script:Arab`` groups them.

    A language without a record, or with records of several plugins, works too: its facts are unknown.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_report_formats() -> Sequence[ReportFormat]:  # type: ignore[empty-body]
    """Report formats, which ``xh report --format NAME`` then knows.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


@hookspec
def xh_commands() -> Sequence[CommandSpec]:  # type: ignore[empty-body]
    """Commands, which ``xh NAME`` then runs.

    When: once in each process that looks names up; one plugin at a time.
    Where: main thread of the command's process, of a worker, and of each process that trains. Import nothing heavy.
    Returns: a list of records, maybe empty. All plugins' records are collected.
    Exception: the plugin is left out, with all its hooks, and a warning says why; so it is for any other result.
    """


# Decisions. Plugins are asked before the built-in implementation, which is ``trylast``; the first result that isn't
# None wins. Return None at once for what isn't yours.


@hookspec(firstresult=True)
def xh_load_data(task: TaskSpec, split: str, lang: str, locations: Locations) -> Any:
    """The rows of one split (``train``, ``dev`` or ``test``) in one language.

    When: a stage reads them; once for all stages of a worker that read the same, as long as its cache has room.
    Where: main thread of the worker and of each process that trains; for ``xh show``, ``xh doctor``,
    ``xh check-plugin`` and ``xh export --labels`` the command's own.
    Returns: a ``datasets.Dataset`` or a list of dicts, with the data's own columns; None leaves it to others. The
    first result wins.
    Exception: fails the stage, and the stages after it; others go on. ``MissingError`` names data that are not there.
    """


@hookspec(firstresult=True)
def xh_train(job: "TrainJob") -> Mapping[str, Any] | None:
    """Train ``job`` and write the model into ``job.folder / "model"``; ``job.methods`` are then yours to apply.

    When: once for each stage of the phases ``intermediate`` and ``target`` that is made; again after a kill, when
    ``job.checkpoints.latest()`` has what was sealed.
    Where: main thread of the worker, under the stage's lock; the built-in implementation starts further processes where
    several are to train.
    Returns: facts about the training for the stage's record (steps, seconds, the dev score …), of which ``precision``
    (fp32, bf16) goes to what the stage was made on; None leaves it to others. The first result wins.
    Exception: fails the stage, and the stages after it; others go on. Nothing of the stage is in the store then.
    """


@hookspec(firstresult=True)
def xh_evaluate(job: "EvaluateJob") -> Mapping[str, Any] | None:
    """Evaluate ``job`` and write its predictions below ``job.predictions``.

    When: once for each stage of the phase ``evaluate`` that is made.
    Where: main thread of the worker, under the stage's lock.
    Returns: ``{"scores": […], "protocol": {…}}``: one score per language and metric (``xh.results.rows.Score``), and
    the facts that every result row carries; and where it is known ``"precision"``, as of a training. None leaves it to
    others. The first result wins.
    Exception: fails the stage; others go on. Nothing of the stage is in the store then.
    """


# Announcements. All plugins are told, in no promised order.


@hookspec
def xh_run_start(stages: Sequence[Stage], cached: Sequence[str]) -> None:
    """The run begins, with the plan's ``stages`` in order; the ids ``cached`` are in the store already.

    When: called once a run, before its first stage.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_run_results(results: "Results") -> None:
    """What the run was for: the ``results`` that it prints, of this run's stages and of those that were there before.

    When: called once a run, after its last stage and before ``xh_run_end``; not where it was interrupted.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_run_end(done: Sequence[str], failed: Mapping[str, XhError], interrupted: bool) -> None:
    """The run ends, with the ids of all stages that are in the store, and the errors of those that failed.

    When: called once a run, after its last stage, also when it was interrupted; not where the engine itself raises.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_phase_start(stage: Stage) -> None:
    """A worker takes up a stage: of phase ``intermediate``, ``target``, ``evaluate``, or ``represent``.

    When: called once for each stage that is not in the store yet and not left out, before its other announcements.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_phase_log(stage: Stage, entry: Mapping[str, Any]) -> None:
    """A stage has written a line to its ``log.jsonl``; the first one is the ``machine`` that it is made on.

    When: called for each line as it is written, and for messages of the engine, such as that a worker died.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_phase_end(stage: Stage, seconds: float, cached: bool) -> None:
    """A stage is in the store; ``cached`` where another process had made it meanwhile.

    When: called once for each stage that was begun and did not fail.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """


@hookspec
def xh_phase_error(stage: Stage, error: XhError) -> None:
    """A stage failed; the stages that start from it are left out without a further word.

    When: called once for each stage that was begun and failed.
    Where: main process, in the thread that runs the engine: the main one, or the caller's of ``xh.run``.
    Returns: nothing.
    Exception: is a line in ``hooks.log`` of the store and changes nothing.
    """
