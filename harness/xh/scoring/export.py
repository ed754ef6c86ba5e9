"""A submission folder from the predictions of finished evaluations."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from xh.results.benchmark import Benchmark, Task
from xh.results.comparable import why_not
from xh.results.evaluation import Evaluation
from xh.scoring.formats import format_of
from xh.spec import StorageError, UsageError
from xh.store import Record, Store
from xh.store.damage import within


class Part(Struct, frozen=True):
    """A task of a submission: the ``files`` to copy by language, the languages that are ``missing``, the ``stages``.

    ``reasons`` say why its scores are not comparable with published ones.
    """

    task: Task
    files: dict[str, Path]
    missing: tuple[str, ...]
    stages: tuple[str, ...]
    reasons: tuple[str, ...]


Fill = Callable[[Part, Path], None]


def parts(store: Store, benchmark: Benchmark, chosen: Mapping[str, Evaluation]) -> list[Part]:
    """Every task of the benchmark, whole or not; ``chosen`` has the evaluation by the task's folder."""
    return [_part(store, task, chosen.get(task.name)) for task in benchmark.tasks]


def check_empty(output: Path) -> None:
    """Raise :class:`~xh.spec.UsageError` unless ``output`` is a new or an empty folder."""
    if output.is_dir() and not any(output.iterdir()):
        return
    if output.exists() or output.is_symlink():
        what = f"{output} is not empty." if output.is_dir() else f"{output} is not a folder."
        raise UsageError(what, todo="Give a new or an empty folder with -o; nothing is overwritten.")


def write(parts: list[Part], output: Path, fill: Fill | None = None) -> None:
    """Copy the files to ``output/<task>/test-<lang>.<suffix>``: all of them, or none and the folder isn't made.

    ``fill`` writes a part's files below a folder instead.
    Raises :class:`~xh.spec.UsageError` if it isn't empty, :class:`~xh.spec.StorageError` if it can't be written.
    """
    check_empty(output)
    output = output.resolve()
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        for part in parts:
            if part.files:
                (fill or _copy)(part, beside)
        beside.replace(output)
    except OSError as error:
        raise StorageError(
            f"{output} can't be written.", why=str(error), todo="Give another folder with -o."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _part(store: Store, task: Task, evaluation: Evaluation | None) -> Part:
    if evaluation is None:
        return Part(task, {}, task.languages, (), ())
    for each in evaluation.parts:
        _check(store, each.record)
    names = {lang: f"predictions/{task.name}/test-{lang}{format_of(task).suffix}" for lang in task.languages}
    files = {
        lang: store.folder(part.record.stage.id) / name
        for part in evaluation.parts
        for lang, name in names.items()
        if name in part.record.files
    }
    missing = tuple(lang for lang in task.languages if lang not in files)
    return Part(task, files, missing, evaluation.stages, tuple(dict.fromkeys(_reasons(evaluation))))


def _check(store: Store, record: Record) -> None:
    """Raise unless a stage's files are what was written, to the last byte."""
    stage = record.stage.id
    if problems := list(within(store.folder(stage), record)):
        todo = f"Remove the stage (xh store rm {stage} --runs {store.root}) and run it again."
        raise StorageError(f"{stage} is damaged.", why="\n".join(problems), todo=todo)


def _reasons(evaluation: Evaluation) -> Iterator[str]:
    for part in evaluation.parts:
        for score in part.scores.scores:
            yield from why_not(part.record, evaluation.ancestors, score, part.scores.protocol)


def _copy(part: Part, output: Path) -> None:
    (output / part.task.name).mkdir(parents=True)
    for path in part.files.values():
        shutil.copyfile(path, output / part.task.name / path.name)
