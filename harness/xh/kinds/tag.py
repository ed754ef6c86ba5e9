"""Tagging: one label per word, read off its first subword token.

As in XTREME that may be a lone ``▁``, where a SentencePiece vocabulary has no piece that begins a word so: often in
Chinese and Japanese, whose scores are low for it.
"""

from itertools import chain, islice
from pathlib import Path
from typing import Any

from xh.kinds.base import ExampleCount, Scores, bad_row, commonest
from xh.kinds.pieces import Piece, pieces
from xh.kinds.supervised import TrainedKind, label_options
from xh.metrics.accuracy import matches
from xh.metrics.tagging import read_sentences, span_f1, spans, token_accuracy
from xh.model.collate import NO_LABEL
from xh.spec import MissingError, TaskSpec
from xh.spec.examples import Columns, Examples, Features

Tags = list[list[str]]
SHOWN = 20
"""Labels that an error names."""


class Tag(TrainedKind):
    """Predictions are label names, a list per sentence. Scored by span F1, as XTREME scores bare tags too."""

    suffix = ".tsv"
    head = "AutoModelForTokenClassification"
    per_token = True

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """The labels' names."""
        return label_options(task)

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Tags as integers, one per word; sentences without words are dropped."""
        numbers = {name: number for number, name in enumerate(task.labels)}
        rows = [row for row in enumerate(zip(columns["tokens"], columns["tags"], strict=True)) if row[1][0]]
        if not rows:
            raise MissingError(f"{where} has no sentences.", todo="Check that the split is the right one.")
        for row, (words, tags) in rows:
            _check_words(words, tags, where, row)
        return {
            "tokens": [words for _, (words, _) in rows],
            "tags": [[_number(tag, numbers, where, row) for tag in tags] for row, (_, tags) in rows],
        }

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Sentences in pieces of at most ``max_length``; a word's first subword token has its label, others -100."""
        found = list(pieces(tokenizer, examples["tokens"], recipe.max_length))
        columns: Columns = {"input_ids": [piece.input_ids for piece in found]}
        if train:
            columns["labels"] = [_labels(piece, examples["tags"][piece.sentence]) for piece in found]
        return Features(columns, {"pieces": found})

    def texts(self, examples: Examples) -> list[str]:
        """The words."""
        return list(map(" ".join, examples["tokens"]))

    def decode(self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec) -> Tags:
        """The name of the highest logit at each word's first subword token; the pieces of a sentence are joined."""
        tags: Tags = [[] for _ in range(len(examples))]
        for (logits,), piece in zip(outputs, features.extra["pieces"], strict=True):
            tags[piece.sentence] += [task.labels[number] for number in logits[piece.firsts].argmax(-1)]
        return tags

    def pairs(self, predictions: Tags, examples: Examples, task: TaskSpec) -> tuple[Tags, Tags]:
        """Predicted and gold label names by sentence."""
        return predictions, [[task.labels[number] for number in tags] for tags in examples["tags"]]

    def score(self, predictions: Tags, examples: Examples, task: TaskSpec) -> Scores:
        """F1, precision and recall of spans, and the accuracy of words."""
        both = self.pairs(predictions, examples, task)
        return {**span_f1(*both)._asdict(), "accuracy": token_accuracy(*both)}

    def example_counts(self, predictions: Tags, examples: Examples, task: TaskSpec) -> dict[str, list[ExampleCount]]:
        """Per sentence the spans that both sides have among those of either, and the words that are right."""
        both = list(zip(*self.pairs(predictions, examples, task), strict=True))
        found = [(set(spans(tags)), set(spans(gold))) for tags, gold in both]
        return {
            "f1": [(2 * len(tags & gold), len(tags) + len(gold)) for tags, gold in found],
            "accuracy": [(sum(matches(tags, gold)), len(gold)) for tags, gold in both],
        }

    def shown(self, predictions: Tags, examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """The sentence, and the words with a tag other than ``O``: ``Ada/B-PER Lovelace/I-PER``."""
        words = examples["tokens"][number]
        found, gold = (_tagged(words, side[number]) for side in self.pairs(predictions, examples, task))
        return {"tokens": " ".join(words), "gold": gold, "prediction": found}

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> Tags:
        """The most frequent gold label for every word."""
        label = task.labels[commonest(chain(*examples["tags"]))]
        return [[label] * len(tags) for tags in examples["tags"]]

    def write(self, predictions: Tags, path: Path) -> None:
        """One label a line, one empty line between sentences."""
        path.write_text("\n".join("".join(f"{tag}\n" for tag in tags) for tags in predictions), encoding="utf-8")

    def read(self, path: Path) -> Tags:
        """The tags of each sentence."""
        return read_sentences(path.read_text(encoding="utf-8"))


def _tagged(words: list[str], tags: list[str]) -> str:
    return " ".join(f"{word}/{tag}" for word, tag in zip(words, tags, strict=True) if tag != "O")


def _labels(piece: Piece, tags: list[int]) -> list[int]:
    labels = [NO_LABEL] * len(piece.input_ids)
    for place, tag in zip(piece.firsts, tags[piece.start : piece.end], strict=True):
        labels[place] = tag
    return labels


def _check_words(words: Any, tags: Any, where: str, row: int) -> None:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise bad_row(where, row, f"tokens are {words!r}, not a list of words.")
    if not isinstance(tags, list) or len(tags) != len(words):
        raise bad_row(where, row, f"{len(words)} words have the tags {tags!r}.")


def _number(tag: Any, numbers: dict[str, int], where: str, row: int) -> int:
    number = numbers.get(tag, tag) if isinstance(tag, str) else tag
    if isinstance(number, int) and 0 <= number < len(numbers):
        return number
    known = ", ".join(f"{number} {name}" for name, number in islice(numbers.items(), SHOWN))
    more = ", …" if len(numbers) > SHOWN else ""
    raise bad_row(where, row, f"tag {tag!r} is not one of {known}{more}.", "Check the task's labels against the data.")
