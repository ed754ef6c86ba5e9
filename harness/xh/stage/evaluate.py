"""Evaluation: all languages of a target in one pass, predictions in XTREME's layout, scores."""

from typing import Any

from xh.kinds.kind import kind_of
from xh.plugins.hookspecs import hookimpl
from xh.stage.job import EvaluateJob
from xh.stage.score import scores


@hookimpl(trylast=True)
def xh_evaluate(job: EvaluateJob) -> dict[str, Any]:
    """Predict, write the prediction files, score."""
    kind: Any = kind_of(job.task)
    examples = {lang: job.load(job.task, "test", lang) for lang in job.languages}
    predictions, protocol = kind.predict(job, examples)
    job.predictions.mkdir(parents=True)
    rows = []
    for lang, found in predictions.items():
        kind.write(found, job.predictions / f"test-{lang}{kind.suffix}")
        for number, (metric, value) in enumerate(scores(kind, found, examples[lang], job.task).items()):
            row = {"lang": lang, "metric": metric, "value": value, "n": kind.count(examples[lang]), "main": number == 0}
            job.log(row)
            rows.append(row)
    return {"scores": rows, "protocol": protocol}
