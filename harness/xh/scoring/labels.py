"""The gold side of a submission, from the data that the evaluations were made on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from xh.data.labels import FOLDER
from xh.data.locate import identity
from xh.data.places import Places, reading
from xh.kinds.base import kind_of
from xh.plugins import Registry
from xh.results.evaluation import Evaluation
from xh.results.names import data_name
from xh.scoring.export import Part
from xh.spec import Inputs, Locations, MissingError, TaskSpec, UsageError
from xh.spec.data import DataSplit
from xh.spec.examples import Examples
from xh.stage.cache import StageCache
from xh.stage.labels import with_labels
from xh.stage.load import loader
from xh.store import Record


def write_labels(part: Part, evaluation: Evaluation, registry: Registry, locations: Locations, folder: Path) -> None:
    """Write the labels of a task's languages below ``folder``, as a submission's files lie and line by line as them.

    Raises :class:`~xh.spec.MissingError` where the data are not there, or not those that were evaluated.
    """
    evaluated = replace(evaluation.record.stage, inputs=evaluation.inputs)
    stage = with_labels(evaluated, registry, locations, StageCache())
    task, inputs = stage.inputs.tasks["test"], stage.inputs
    for lang in part.files:
        check_evaluated(task, lang, inputs, locations)
    examples = loader(registry, locations, inputs)
    (folder / part.task.name).mkdir(parents=True)
    for lang, file in part.files.items():
        _write(part, task, examples(task, "test", lang), folder / part.task.name / file.name)


def evaluated_on(record: Record, data: Places, registry: Registry) -> Locations:
    """Where an evaluation's data lie: in ``data`` if that names a place, else where it read them; no connection.

    Raises :class:`~xh.spec.UsageError` where that was a folder, whose place nobody knows.
    """
    if not data.main and not data.own:
        data = Places(data_name(record))
    if data.main == FOLDER:
        raise UsageError("The evaluations read data from a folder.", todo="Name it: --data DIR.")
    return reading(data, registry, offline=True)


def check_evaluated(task: TaskSpec, lang: str, inputs: Inputs, locations: Locations) -> None:
    """Raise :class:`~xh.spec.MissingError` unless the data that can be read are those that were evaluated."""
    evaluated = inputs.identities[DataSplit(task.name, "test", lang)]
    found = identity(task, "test", lang, locations)
    if found != evaluated:
        raise MissingError(
            f"{task.name} test {lang}: these are not the data that were evaluated.",
            why=f"They are {found}, the evaluation read {evaluated}.",
            todo="Name their folder with --data.",
        )


def _write(part: Part, task: TaskSpec, examples: Examples, path: Path) -> None:
    kind = kind_of(task)
    gold = kind.pairs({}, examples, task)[1]
    if part.task.format == "answers":
        path.write_text(json.dumps(squad(examples["id"], gold), ensure_ascii=False), encoding="utf-8")
    else:
        kind.write(gold, path)


def squad(ids: Sequence[str], golds: Sequence[Sequence[str]]) -> Mapping[str, Any]:
    """Gold answers in SQuAD's layout, without contexts."""
    questions = [
        {"id": key, "answers": [{"text": text} for text in texts]} for key, texts in zip(ids, golds, strict=True)
    ]
    return {"data": [{"paragraphs": [{"qas": questions}]}]}
