"""Running a fine-tuned model over features: shared by every trained kind."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from xh.kinds.base import Trained
from xh.model.body import inferring
from xh.model.collate import collate
from xh.model.memory import halving
from xh.model.precision import taken, working_device
from xh.retrieval.encoding import batches
from xh.spec.examples import Examples, Features

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob

TOKENS = {"cpu": 4096, "cuda": 65536}


def predict(kind: Trained, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Any]]:
    """Each language's predictions from the fine-tuned model in ``job.start``."""
    from xh.model.weights import load_finetuned

    model, tokenizer = load_finetuned(job.start, kind, job.locations.trust_remote_code, job.methods)
    model.to(working_device())
    for lang, rows in examples.items():
        features = job.features(kind, rows, tokenizer, train=False)
        outputs = forward(kind, model, tokenizer, features, job.recipe.precision)
        yield lang, kind.decode(outputs, features, rows, job.recipe, job.task)


def protocol(kind: Trained, job: "EvaluateJob") -> dict[str, Any]:
    """The length that inputs are cut to."""
    return {"max_length": job.recipe.max_length}


def forward(kind: Trained, model: Any, tokenizer: Any, features: Features, precision: str) -> list[tuple[Any, ...]]:
    """The model's outputs for each feature as float32 arrays, without padding; batched by length and by memory."""
    device, lengths = model.device, features.lengths
    results: list[tuple[Any, ...]] = [()] * len(features)

    def work(batch: list[int]) -> None:
        inputs = collate(tokenizer, [features[i] for i in batch])
        found = model(**{name: values.to(device) for name, values in inputs.items()})
        outputs = [values.float().cpu().numpy() for values in found.to_tuple()]
        for row, i in enumerate(batch):
            results[i] = tuple(values[row][: lengths[i]] if kind.per_token else values[row] for values in outputs)

    bf16 = taken(precision, device) == "bf16"
    with inferring(model), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in batches(lengths, TOKENS[device.type]):
            halving(batch, work)
    return results
