"""Evaluation: all languages of a target in one pass, predictions in XTREME's layout, scores."""

from typing import Any

import numpy as np

from xh.kinds.kind import kind_of
from xh.plugins.hookspecs import hookimpl
from xh.stage.job import EvaluateJob
from xh.stage.score import guessed, scores

EXAMPLES = "examples.npz"


@hookimpl(trylast=True)
def xh_evaluate(job: EvaluateJob) -> dict[str, Any]:
    """Predict, write the prediction files, score, and write what each example adds to the scores."""
    kind: Any = kind_of(job.task)
    examples = {lang: job.load(job.task, "test", lang) for lang in job.languages}
    job.predictions.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    tallies: dict[str, Any] = {}
    for lang, predictions in kind.predict(job, examples):
        kind.write(predictions, job.predictions / f"test-{lang}{kind.suffix}")
        found = scores(kind, predictions, examples[lang], job.task)
        chance = guessed(kind, examples[lang], job.task)
        count = kind.count(examples[lang])
        for number, (metric, value) in enumerate(found.items()):
            row = {"lang": lang, "metric": metric, "value": value, "n": count, "main": number == 0}
            rows.append(row | {"chance": chance.get(metric)})
            job.log(rows[-1])
        tallied = kind.tallies(predictions, examples[lang], job.task) if hasattr(kind, "tallies") else {}
        tallies |= {f"{lang}/{metric}": np.array(values, dtype=np.float64) for metric, values in tallied.items()}
    np.savez_compressed(job.folder / EXAMPLES, **tallies)
    return {"scores": rows, "protocol": kind.protocol(job)}
