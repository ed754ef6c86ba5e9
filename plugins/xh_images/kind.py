"""The kind ``image-text``: captions and what a locked vision tower sees, for intermediate training alone."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch

from xh.api import (
    Columns,
    EvaluateJob,
    Examples,
    Features,
    MissingError,
    StageError,
    TaskSpec,
    TrainedKind,
    TrainJob,
    bad_row,
    comparable,
    label_number,
    pooled_inputs,
    special_ids,
)
from xh_images.model import ImageTextModel
from xh_images.pictures import Column, Picture, holds_pictures
from xh_images.ranking import RANKS, accuracy, ranked, recall
from xh_images.towers import Tower, width

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = "1"
"""Of how vectors are made; another one has them made anew."""
OWN, OTHER = "own", "other"
Vector = tuple[str, int]
"""A picture's vector: a file of NumPy's and a row of it."""


class ImageText(TrainedKind):
    """Trains a text encoder; what is handed on is its body, and the tower is in no stage.

    Predictions are, by the task's metric, for each caption the ``ranks`` of pictures, a label's name, or which of two
    pictures is its own.
    """

    by_length = False
    whole_batches = True

    # Rows

    def columns(self, rows: Any) -> Columns:
        """All columns; of one with pictures the entries are read when they are looked at."""
        if isinstance(rows, list):
            return super().columns(rows)
        names = [name for name, feature in rows.features.items() if holds_pictures(feature)]
        found = super().columns(rows.remove_columns(names)) if len(names) < len(rows.features) else {}
        return found | {name: list(_pictures(Column(rows, name))) for name in names}

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """A row for each caption of a picture, which may have one, or a list; rows without a gold label are dropped."""
        pictures = columns["image"]
        if not isinstance(pictures[0], Picture):
            pictures = list(_pictures(pictures))
        captions = [_captions(value, task, where, number) for number, value in enumerate(columns["caption"])]
        labels = columns.get("label") or [None] * len(pictures)
        found: Columns = {"image": [], "caption": [], "label": []}
        for number, (picture, texts, label) in enumerate(zip(pictures, captions, labels, strict=True)):
            known = None if label is None else label_number(label, task, where, number)
            for text in texts if known != -1 else ():
                for name, value in zip(found, (picture, text, known), strict=True):
                    found[name].append(value)
        if not found["image"]:
            raise MissingError(f"{where} has no captions.", todo="Check that the split is the right one.")
        return found if "label" in columns else {name: found[name] for name in ("image", "caption")}

    def limit(self, examples: Examples, rows: int) -> Examples:
        """At most so many pictures, always the same ones, each with all its captions."""
        numbers = _numbered(examples["image"])
        order = list(range(self.size(examples)))
        Random(0).shuffle(order)
        kept = {*order[:rows]}
        return examples.chosen([row for row, number in enumerate(numbers) if number in kept])

    def size(self, examples: Examples) -> int:
        """Pictures."""
        return max(_numbered(examples["image"]), default=-1) + 1

    def complete(self, examples: Examples, job: TrainJob) -> Examples:
        """With the vector of each picture in its place, which the tower makes once for all trainings.

        Pictures with the same bytes are one. Where they are shuffled, each has another one's vector, always the same.
        """
        where, recipe, pictures = examples.where, job.recipe, examples["image"]
        if recipe.control == "captions":
            numbers = _numbered(pictures)
            return replace(examples, columns=examples.columns | {"image": [("", number) for number in numbers]})
        digests = {picture: picture.digest(where) for picture in dict.fromkeys(pictures)}
        unique: dict[str, Picture] = {}
        for picture, digest in digests.items():
            unique.setdefault(digest, picture)
        folder = job.model("tower")
        shape = len(unique), width(folder, recipe.image)

        def fill(matrix: Any) -> None:
            Tower(folder, recipe.image).fill([*unique.values()], where, job.log)(matrix)

        path = str(job.kept_vectors("tower", shape, fill, VERSION, recipe.image, *unique))
        rows = dict(zip(unique, _shuffled(len(unique), recipe.control == "shuffled"), strict=True))
        vectors: list[Vector] = [(path, rows[digests[picture]]) for picture in pictures]
        return replace(examples, columns=examples.columns | {"image": vectors})

    # The model

    def training_model(self, body: Any, job: TrainJob) -> ImageTextModel:
        """The body with projections, and for matching and entailment with what joins them."""
        recipe, pictures = job.recipe, job.recipe.control != "captions"
        outputs = {"contrastive": 0, "matching": 2, "entailment": len(job.train.labels)}[recipe.objective]
        if outputs and not pictures:
            todo = "Use --set TASK.objective=contrastive."
            raise StageError("control = captions goes with the objective contrastive.", todo=todo)
        size = width(job.model("tower"), recipe.image) if pictures else 0
        return ImageTextModel(body, size, recipe.dim, outputs)

    # Inputs

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Captions of at most ``max_length`` subword tokens, each with its picture, and what it is held against."""
        encoded = tokenizer(examples["caption"], truncation=True, max_length=recipe.max_length)["input_ids"]
        numbers = _numbered(examples["image"])
        columns: Columns = {"input_ids": encoded, "image": examples["image"]}
        if train:
            columns["picture"] = numbers
        if recipe.control == "captions":
            columns["candidate"] = [encoded[row] for row in _siblings(numbers, examples)]
        if recipe.objective == "matching":
            columns["other"] = [examples["image"][row] for row in _strangers(numbers)]
        if recipe.objective == "entailment" and train:
            columns["labels"] = examples["label"]
        return Features(columns)

    def collator(self, tokenizer: Any, recipe: Any, seed: int) -> "Callable[[Sequence[Any]], dict[str, Any]]":
        """Pads captions, and reads the vectors of their pictures from where they are kept."""
        return partial(_batch, tokenizer, special_ids(tokenizer), recipe)

    # Predictions

    def decode(self, outputs: Any, features: Features, examples: Examples, recipe: Any, task: TaskSpec) -> list[Any]:
        """By the objective: the nearest pictures' numbers, the best one first; labels' names; own or other."""
        if recipe.objective == "entailment":
            return [task.labels[int(logits.argmax())] for logits, *_ in outputs]
        if recipe.objective == "matching":
            return [OWN if own[1] - own[0] > other[1] - other[0] else OTHER for own, other in outputs]
        texts, images = (np.stack(each) for each in zip(*outputs, strict=True))
        return ranked(texts, images, _numbered(examples["image"]))

    def pairs(self, predictions: Any, examples: Examples, task: TaskSpec) -> tuple[Sequence[Any], Sequence[Any]]:
        """Predictions beside what is right."""
        if "label" in examples.columns:
            return predictions, [task.labels[label] for label in examples["label"]]
        if task.metric == "accuracy":
            return predictions, [OWN] * len(examples)
        return predictions, [[number] for number in _numbered(examples["image"])]

    def score(self, predictions: Any, examples: Examples, task: TaskSpec) -> dict[str, float]:
        """Recall among the first 1, 5 and 10 pictures, or accuracy, in percent."""
        found, right = self.pairs(predictions, examples, task)
        return {"accuracy": accuracy(found, right)} if task.metric == "accuracy" else recall(found, right)

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> list[Any]:
        """The same pictures for every caption, the most frequent label, or each of two pictures in turn."""
        if "label" in examples.columns:
            ((most, _),) = Counter(examples["label"]).most_common(1)
            return [task.labels[most]] * len(examples)
        if task.metric == "accuracy":
            return [(OWN, OTHER)[row % 2] for row in range(len(examples))]
        return [[*range(max(RANKS))]] * len(examples)

    def predict(self, job: EvaluateJob, examples: Mapping[str, Examples]) -> Iterator[tuple[str, Any]]:
        """Nothing."""
        _refuse(job.task)


def _refuse(task: TaskSpec) -> NoReturn:
    raise StageError(f"{task.name} can't be a target: kind image-text is for intermediate training only.")


def _pictures(values: Sequence[Any]) -> Iterator[Picture]:
    return (Picture(values, number) for number in range(len(values)))


def _captions(value: Any, task: TaskSpec, where: str, number: int) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise bad_row(where, number, f"{task.columns.get('caption', 'caption')} is {value!r}, not text.")
    return texts


def _shuffled(count: int, shuffled: bool) -> list[int]:
    """Which vector each picture has: its own, or another one's."""
    order = list(range(count))
    if not shuffled:
        return order
    Random(0).shuffle(order)
    following = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    return [following[number] for number in range(count)]


def _numbered(pictures: Sequence[Any]) -> list[int]:
    """The number of each picture, in the order in which they first occur."""
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(tuple(each) if isinstance(each, list) else each, len(numbers)) for each in pictures]


def _siblings(numbers: Sequence[int], examples: Examples) -> list[int]:
    """For each caption the row of the next one of the same picture."""
    rows: dict[int, list[int]] = {}
    for row, number in enumerate(numbers):
        rows.setdefault(number, []).append(row)
    if alone := next((found for found in rows.values() if len(found) == 1), None):
        problem = "its picture has no other caption, which control = captions holds it against."
        raise bad_row(examples.where, alone[0], problem, "Choose data with several captions for each picture.")
    following = {row: found[(place + 1) % len(found)] for found in rows.values() for place, row in enumerate(found)}
    return [following[row] for row in range(len(numbers))]


def _strangers(numbers: Sequence[int]) -> list[int]:
    """For each row the next one with another picture; its own where there is none."""
    count = len(numbers)
    found, nearest = list(range(count)), 0
    for row in reversed(range(2 * count)):
        here, behind = row % count, (row + 1) % count
        nearest = behind if numbers[behind] != numbers[here] else found[behind]
        found[here] = nearest
    return found


def _batch(tokenizer: Any, special: torch.Tensor, recipe: Any, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    batch: dict[str, Any] = pooled_inputs(tokenizer, special, [r["input_ids"] for r in rows], recipe.pooling, "query_")
    if "candidate" in rows[0]:
        batch |= pooled_inputs(tokenizer, special, [r["candidate"] for r in rows], recipe.pooling, "candidate_")
    else:
        batch["image"] = _read([row["image"] for row in rows])
    if recipe.objective == "entailment":
        return batch | ({"labels": torch.tensor([row["labels"] for row in rows])} if "labels" in rows[0] else {})
    if recipe.objective == "matching":
        return batch | (_mismatched(rows) if "picture" in rows[0] else {"other": _read([row["other"] for row in rows])})
    if "picture" in rows[0]:
        batch["comparable"] = comparable([[row["picture"]] for row in rows], 0, True)
    return batch


def _mismatched(rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Each row's caption with the next other picture of the batch; none where all have the same one."""
    numbers = [row["picture"] for row in rows]
    pairs = [pair for pair in enumerate(_strangers(numbers)) if numbers[pair[0]] != numbers[pair[1]]]
    return {"mismatched": torch.tensor(pairs, dtype=torch.long).view(-1, 2)}


def _read(vectors: Sequence[Vector]) -> torch.Tensor:
    return torch.from_numpy(np.stack([_mapped(path)[row] for path, row in vectors]))


@lru_cache(maxsize=8)
def _mapped(path: str) -> Any:
    return np.load(Path(path), mmap_mode="r", allow_pickle=False)
