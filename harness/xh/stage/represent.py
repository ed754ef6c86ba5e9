"""Representation: an encoder's vectors of a task's texts, for measures of similarity."""

from typing import Any

import numpy as np

from xh.kinds.vectors import progress
from xh.model.precision import FORMATS, taken, working_device
from xh.model.weights import load_body
from xh.retrieval import encode
from xh.spec import StageError
from xh.stage.job import RepresentJob
from xh.store.vectors import CLASSES, VECTORS


def represent(job: RepresentJob) -> dict[str, Any]:
    """Write the vectors of at most as many examples as the recipe says, and their classes where each has one."""
    recipe, kind = job.recipe, job.kind
    examples = kind.limit(job.load(job.stage.inputs.task, job.data.split, job.data.lang), recipe.rows)
    texts, classes = kind.texts(examples), kind.classes(examples)
    if not texts:
        raise StageError(f"{job.data} has no texts.", todo="Its kind must have a method texts; see docs/kinds.md.")
    precision = taken(recipe.precision, working_device())
    body, tokenizer = load_body(job.start, job.locations.trust_remote_code)
    vectors = encode(
        body,
        texts,
        layer=recipe.layer,
        pooling=recipe.pooling,
        max_length=recipe.max_length,
        dtype=FORMATS[precision],
        tokenizer=tokenizer,
        progress=progress(job.log),
    )
    np.save(job.folder / VECTORS, vectors)
    if classes is not None:
        np.save(job.folder / CLASSES, np.array(classes, dtype=np.int64))
    return {"rows": {job.data.split: len(texts)}, "precision": precision}
