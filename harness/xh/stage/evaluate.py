"""Evaluation: all languages of a target in one pass, predictions in XTREME's layout, scores."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec.structs import replace

from xh.kinds.base import Kind
from xh.kinds.scores import majority_scores, scores
from xh.model.precision import taken, working_device
from xh.spec.examples import Examples
from xh.stage.job import EvaluateJob
from xh.stage.resample import drawn_scores
from xh.store import Store
from xh.store.examples import DRAWN, EXAMPLES


def evaluate(job: EvaluateJob) -> dict[str, Any]:
    """Predict, write the prediction files, score, and write what each example adds to the scores."""
    kind = job.kind
    examples = kind.gather(job, {lang: job.load(job.task, "test", lang) for lang in job.languages})
    job.predictions.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    example_counts: dict[str, Any] = {}
    drawn: dict[str, Any] = {}
    for lang, predictions in kind.predict(job, examples):
        kind.write(predictions, job.predictions / f"test-{lang}{kind.suffix}")
        for row in _rows(kind, predictions, lang, examples[lang], job):
            rows.append(row)
            job.log(row)
        counted = kind.example_counts(predictions, examples[lang], job.task)
        again = dict(drawn_scores(kind, predictions, examples[lang], job.task, {*counted}))
        drawn |= {f"{lang}/{metric}": values for metric, values in again.items()}
        drawn |= {lang: np.array([len(examples[lang])])} if again else {}
        example_counts |= {f"{lang}/{metric}": np.array(values, dtype=np.float64) for metric, values in counted.items()}
    np.savez_compressed(job.folder / EXAMPLES, **example_counts)
    if drawn:
        np.savez_compressed(job.folder / DRAWN, **drawn)
    return {
        "scores": rows,
        "protocol": kind.protocol(job),
        "policies": _policies(kind, job, examples, rows),
        "precision": taken(job.recipe.precision, working_device()),
    }


def _rows(kind: Kind, predictions: Any, lang: str, examples: Examples, job: EvaluateJob) -> list[dict[str, Any]]:
    found, chance = scores(kind, predictions, examples, job.task), majority_scores(kind, examples, job.task)
    shared = {"lang": lang, "n": kind.count(examples)}
    return [
        shared | {"metric": metric, "value": value, "main": number == 0, "chance": chance.get(metric)}
        for number, (metric, value) in enumerate(found.items())
    ]


def _policies(
    kind: Kind, job: EvaluateJob, examples: Mapping[str, Examples], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What each of several policies took of the training, and what that scores; the same checkpoint is scored once."""
    parent = Store(job.locations.store).read(job.stage.inputs.parent or "")
    taken = parent.facts.get("policies", {}) if parent else {}
    scored = {job.start.name: rows}
    for policy, look in taken.items():
        if look["folder"] not in scored:
            job.log({"message": f"{policy}: the model after step {look['step']}"})
            found = kind.predict(replace(job, start=job.start.with_name(look["folder"])), examples)
            scored[look["folder"]] = [
                row for lang, predictions in found for row in _rows(kind, predictions, lang, examples[lang], job)
            ]
    several = taken if len(taken) > 1 else {}
    return [
        {"policy": policy, "step": look["step"], "dev": look["dev"], "scores": scored[look["folder"]]}
        for policy, look in several.items()
    ]
