"""The kind ``probe``: cosines of translations in every layer, of vectors as they are and less their language's mean.

All layers come from one pass of the encoder, so that it can be a target after every stage.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from xh.api import Columns, EvaluateJob, Examples, Kind, TaskSpec, bad_row, encode_layers, load_body
from xh_probe.measures import centred, isotropy, margin, similarity

SIDES = ("source", "target")
BY_PAIR = {"margin": margin, "similarity": similarity}
ISOTROPY = "isotropy"
DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
DIGITS = 7

Predictions = dict[str, list[list[float]]]
"""By measure, each layer's values: one for each pair, or a single one of all vectors."""


class Probe(Kind):
    """``margin``, ``similarity`` and ``isotropy`` in percent, each raw and ``centred_…``; ``margin@4`` is layer 4's.

    Without a layer it is the mean over all, from the embeddings (0) to the last.
    """

    suffix = ".json"

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Texts without surrounding white space."""
        return columns | {
            name: [_text(columns[name], row, where) for row in range(len(columns[name]))] for name in SIDES
        }

    def texts(self, examples: Examples) -> list[str]:
        """Those in the other language than English."""
        return list(examples["source"])

    def predict(self, job: EvaluateJob, examples: Mapping[str, Examples]) -> Iterator[tuple[str, Predictions]]:
        """Each distinct text is encoded once for all languages."""
        recipe = job.recipe
        body, tokenizer = load_body(job.start, job.locations.trust_remote_code, recipe.bidirectional)
        texts = list(dict.fromkeys(chain(*(rows[side] for rows in examples.values() for side in SIDES))))
        vectors = encode_layers(
            body,
            texts,
            pooling=recipe.pooling,
            max_length=recipe.max_length,
            dtype=DTYPES.get(recipe.precision, "auto"),
            tokenizer=tokenizer,
        )
        row = {text: number for number, text in enumerate(texts)}
        for lang, each in examples.items():
            sides = [[row[text] for text in each[side]] for side in SIDES]
            yield lang, _by_measure([[layer[rows] for rows in sides] for layer in vectors])

    def protocol(self, job: EvaluateJob) -> dict[str, Any]:
        """How vectors are made."""
        return {"pooling": job.recipe.pooling, "max_length": job.recipe.max_length}

    def pairs(self, predictions: Predictions, examples: Examples, task: TaskSpec) -> tuple[list[float], list[float]]:
        """Each pair's centred margin, the mean over layers; a perfect one would be 1."""
        found = [fmean(layers) for layers in zip(*predictions["centred_margin"], strict=True)]
        return found, [1.0] * len(found)

    def score(self, predictions: Predictions, examples: Examples, task: TaskSpec) -> dict[str, float]:
        """The mean over pairs, in percent."""
        by_layer = {name: [100 * fmean(values) for values in layers] for name, layers in predictions.items()}
        return {name: fmean(layers) for name, layers in by_layer.items()} | {
            f"{name}@{layer}": value for name, layers in by_layer.items() for layer, value in enumerate(layers)
        }

    def example_counts(
        self, predictions: Predictions, examples: Examples, task: TaskSpec
    ) -> dict[str, list[tuple[float, float]]]:
        """What each pair adds to all but isotropy, which is not a mean over pairs."""
        measured = {name: layers for name, layers in predictions.items() if not name.endswith(ISOTROPY)}
        whole = {
            name: [(fmean(values), 1.0) for values in zip(*layers, strict=True)] for name, layers in measured.items()
        }
        return whole | {
            f"{name}@{layer}": [(value, 1.0) for value in values]
            for name, layers in measured.items()
            for layer, values in enumerate(layers)
        }

    def shown(self, predictions: Predictions, examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """A pair, and its margin."""
        found, _ = self.pairs(predictions, examples, task)
        texts = {"source": examples["source"][number]}
        return texts | {"gold": examples["target"][number], "prediction": f"margin {100 * found[number]:.1f}"}

    def write(self, predictions: Predictions, path: Path) -> None:
        """One object of JSON."""
        path.write_text(json.dumps(predictions) + "\n", encoding="utf-8")

    def read(self, path: Path) -> Predictions:
        """The object."""
        found: Predictions = json.loads(path.read_text(encoding="utf-8"))
        return found


def _by_measure(layers: list[list[Any]]) -> Predictions:
    """Of the vectors of both sides in each layer."""
    found: Predictions = {}
    for prefix, change in (("centred_", centred), ("", np.asarray)):
        sides = [[change(side.astype(np.float64)) for side in layer] for layer in layers]
        for name, measure in BY_PAIR.items():
            found[f"{prefix}{name}"] = [_rounded(measure(*layer)) for layer in sides]
        found[f"{prefix}{ISOTROPY}"] = [_rounded([isotropy(np.concatenate(layer))]) for layer in sides]
    return found


def _rounded(values: Any) -> list[float]:
    return [round(float(value), DIGITS) for value in values]


def _text(texts: list[Any], row: int, where: str) -> str:
    text = texts[row]
    if not isinstance(text, str) or not text.strip():
        raise bad_row(where, row, "the text is empty.")
    return text.strip()
