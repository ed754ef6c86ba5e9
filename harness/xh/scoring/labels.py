"""The gold side of a submission, from the data that the evaluations were made on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from xh.kinds.kind import Examples, kind_of
from xh.plan.data import identity
from xh.plugins import Registry
from xh.results.evaluation import Evaluation
from xh.scoring.export import Part
from xh.spec import MissingError, Site, TaskSpec
from xh.stage import load
from xh.stage.labels import with_labels
from xh.stage.memo import Memo


def write_labels(part: Part, evaluation: Evaluation, registry: Registry, site: Site, folder: Path) -> None:
    """Write the labels of a task's languages below ``folder``, as a submission's files lie and line by line as them.

    Raises :class:`~xh.spec.MissingError` where the data are not there, or not those that were evaluated.
    """
    plugins = registry.plugins.manager
    plugins.register(load)
    try:
        evaluated = replace(evaluation.record.stage, inputs=evaluation.inputs)
        stage = with_labels(evaluated, registry, site, Memo())
        task, inputs = stage.inputs.tasks["test"], stage.inputs
        for lang in part.files:
            _check(task, lang, inputs.data[f"{task.name}/test/{lang}"], site)
        examples = load.loader(registry, site, inputs)
        (folder / part.task.name).mkdir(parents=True)
        for lang, file in part.files.items():
            _write(part, task, examples(task, "test", lang), folder / part.task.name / file.name)
    finally:
        plugins.unregister(load)


def _check(task: TaskSpec, lang: str, evaluated: str, site: Site) -> None:
    """Raise unless the data that can be read are those that were evaluated."""
    found = identity(task, "test", lang, site)
    if found != evaluated:
        raise MissingError(
            f"{task.name} test {lang}: these are not the data that were evaluated.",
            why=f"They are {found}, the evaluation read {evaluated}.",
            todo="Say with --data where those lie.",
        )


def _write(part: Part, task: TaskSpec, examples: Examples, path: Path) -> None:
    kind = kind_of(task)
    gold = kind.pairs({}, examples, task)[1]
    if part.task.format.startswith("answers"):
        path.write_text(json.dumps(squad(examples["id"], gold), ensure_ascii=False), encoding="utf-8")
    else:
        kind.write(gold, path)


def squad(ids: Sequence[str], golds: Sequence[Sequence[str]]) -> Mapping[str, Any]:
    """Gold answers in SQuAD's layout, without contexts."""
    questions = [
        {"id": key, "answers": [{"text": text} for text in texts]} for key, texts in zip(ids, golds, strict=True)
    ]
    return {"data": [{"paragraphs": [{"qas": questions}]}]}
