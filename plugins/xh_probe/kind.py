"""The kind ``probe``: cosines of translations in every layer, of vectors as they are and less their language's mean.

All layers come from one pass of the encoder, so that it can be a target after every stage.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from statistics import fmean
from typing import Any

import numpy as np

from xh.api import Columns, EvaluateJob, Examples, Kind, TaskSpec, bad_row, encode_layers, load_body
from xh_probe.measures import centred, isotropy, margin, similarity

SIDES = ("source", "target")
BY_PAIR = {"margin": margin, "similarity": similarity}
ISOTROPY = "isotropy"
MEASURES = tuple(f"{prefix}{name}" for prefix in ("centred_", "") for name in (*BY_PAIR, ISOTROPY))
DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
DIGITS = 7

Pair = dict[str, list[float]]
"""By measure a pair's value in each layer; the first pair has isotropy too, which is that of all."""


class Probe(Kind):
    """``margin``, ``similarity`` and ``isotropy`` in percent, each raw and ``centred_…``; ``margin@4`` is layer 4's.

    Without a layer it is the mean over all, from the embeddings (0) to the last.
    """

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Texts without surrounding white space."""
        return columns | {
            name: [_text(columns[name], row, where) for row in range(len(columns[name]))] for name in SIDES
        }

    def texts(self, examples: Examples) -> list[str]:
        """Those in the other language than English."""
        return list(examples["source"])

    def predict(self, job: EvaluateJob, examples: Mapping[str, Examples]) -> Iterator[tuple[str, list[Pair]]]:
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
            yield lang, _pairs([[layer[rows] for rows in sides] for layer in vectors])

    def protocol(self, job: EvaluateJob) -> dict[str, Any]:
        """How vectors are made."""
        return {"pooling": job.recipe.pooling, "max_length": job.recipe.max_length}

    def pairs(self, predictions: list[Pair], examples: Examples, task: TaskSpec) -> tuple[list[Pair], list[Pair]]:
        """Each pair's values beside perfect ones: 1 everywhere."""
        perfect: Pair = {name: [1.0] for name in MEASURES}
        return predictions, [perfect] * len(examples)

    def score(self, predictions: list[Pair], examples: Examples, task: TaskSpec) -> dict[str, float]:
        """The mean over pairs, in percent."""
        by_layer = {name: [100 * fmean(values) for values in _by_layer(name, predictions)] for name in MEASURES}
        return {name: fmean(layers) for name, layers in by_layer.items()} | {
            f"{name}@{layer}": value for name, layers in by_layer.items() for layer, value in enumerate(layers)
        }

    def example_counts(
        self, predictions: list[Pair], examples: Examples, task: TaskSpec
    ) -> dict[str, list[tuple[float, float]]]:
        """What each pair adds to all but isotropy, which is not a mean over pairs."""
        names = [name for name in MEASURES if not name.endswith(ISOTROPY)]
        whole = {name: [(fmean(pair[name]), 1.0) for pair in predictions] for name in names}
        return whole | {
            f"{name}@{layer}": [(value, 1.0) for value in values]
            for name in names
            for layer, values in enumerate(_by_layer(name, predictions))
        }

    def shown(self, predictions: list[Pair], examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """A pair, and its margin."""
        margins = fmean(predictions[number]["centred_margin"])
        texts = {"source": examples["source"][number], "gold": examples["target"][number]}
        return texts | {"prediction": f"margin {100 * margins:.1f}"}


def _by_layer(name: str, predictions: list[Pair]) -> list[tuple[float, ...]]:
    """In each layer the values of those pairs that have any."""
    return list(zip(*(pair[name] for pair in predictions if name in pair), strict=True))


def _pairs(layers: list[list[Any]]) -> list[Pair]:
    """Each pair's values, of the vectors of both sides in each layer."""
    found: dict[str, list[Any]] = {}
    whole: Pair = {}
    for prefix, change in (("centred_", centred), ("", np.asarray)):
        sides = [[change(side.astype(np.float64)) for side in layer] for layer in layers]
        found |= {f"{prefix}{name}": [measure(*layer) for layer in sides] for name, measure in BY_PAIR.items()}
        whole[f"{prefix}{ISOTROPY}"] = [round(isotropy(np.concatenate(layer)), DIGITS) for layer in sides]
    rows = {name: np.round(np.transpose(values), DIGITS).tolist() for name, values in found.items()}
    pairs = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    return [pairs[0] | whole, *pairs[1:]]


def _text(texts: list[Any], row: int, where: str) -> str:
    text = texts[row]
    if not isinstance(text, str) or not text.strip():
        raise bad_row(where, row, "the text is empty.")
    return text.strip()
