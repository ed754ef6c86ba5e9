"""Multiple choice: which of several texts goes with the first one."""

import json
from itertools import chain
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from xh.kinds.base import bad_row, check_texts, commonest, write_lines
from xh.kinds.single import SingleAnswer
from xh.kinds.windows import frame, tokenised
from xh.metrics.lines import read_lines
from xh.spec import TaskSpec
from xh.spec.examples import Columns, Examples, Features


class ChoiceFeatures(Features):
    """Each entry holds one input per choice."""

    @property
    def lengths(self) -> list[int]:
        """Subword tokens of all inputs of an entry, padding among them included."""
        return [len(inputs) * max(map(len, inputs)) for inputs in self.columns["input_ids"]]


class Choice(SingleAnswer):
    """Predictions are the numbers of the choices, from 0."""

    suffix = ".jsonl"
    head = "AutoModelForMultipleChoice"

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """As many choices in every row, labels as integers from 0."""
        check_texts(columns, ("text",), task, where)
        count = _count(columns["choices"], where)
        labels = [_number(label, count, where, row) for row, label in enumerate(columns["label"])]
        return {**columns, "label": labels}

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Per choice the pair of text and choice in ``max_length`` subword tokens; a long text loses its beginning."""
        outline = frame(tokenizer)
        texts = tokenised(tokenizer, [*examples["text"], *chain(*examples["choices"])])
        columns: Columns = {"input_ids": []} | ({"token_type_ids": []} if outline.types else {})
        for text, choices in zip(examples["text"], examples["choices"], strict=True):
            pairs = [_fitted(texts[text][0], texts[choice][0], recipe.max_length - outline.size) for choice in choices]
            columns["input_ids"].append([outline.input_ids(*pair) for pair in pairs])
            if outline.types:
                columns["token_type_ids"].append([outline.token_types(*map(len, pair)) for pair in pairs])
        return ChoiceFeatures(columns | ({"labels": examples["label"]} if train else {}))

    def texts(self, examples: Examples) -> list[str]:
        """The text and all choices."""
        return [" ".join([text, *choices]) for text, choices in zip(examples["text"], examples["choices"], strict=True)]

    def decode(
        self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> list[int]:
        """The choice with the highest logit."""
        return [int(logits.argmax()) for (logits,) in outputs]

    def pairs(self, predictions: list[int], examples: Examples, task: TaskSpec) -> tuple[list[int], list[int]]:
        """Predicted and right choices."""
        return predictions, examples["label"]

    def shown(self, predictions: list[int], examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """The text, and the choices by their own texts."""
        choices = examples["choices"][number]
        answers = {"gold": choices[examples["label"][number]], "prediction": choices[predictions[number]]}
        return {"text": examples["text"][number], "choices": " | ".join(choices), **answers}

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> list[int]:
        """The most frequent right choice for every example."""
        return [commonest(examples["label"])] * len(examples)

    def write(self, predictions: list[int], path: Path) -> None:
        """A line ``{"label": 0}`` for each, as XTREME-R has XCOPA's."""
        write_lines([json.dumps({"label": choice}) for choice in predictions], path)

    def read(self, path: Path) -> list[int]:
        """The numbers, which xh once wrote alone."""
        lines = map(json.loads, read_lines(path.read_text(encoding="utf-8")))
        return [int(line["label"] if isinstance(line, dict) else line) for line in lines]


def _fitted(text: list[int], choice: list[int], room: int) -> tuple[list[int], list[int]]:
    """The end of the text and the beginning of the choice, which goes first, in ``room`` subword tokens."""
    choice = choice[:room]
    return text[max(0, len(text) + len(choice) - room) :], choice


def _count(rows: list[Any], where: str) -> int:
    count = len(rows[0]) if isinstance(rows[0], list) else 0
    for number, choices in enumerate(rows):
        if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
            raise bad_row(where, number, f"choices are {choices!r}, not a list of texts.")
        if len(choices) != count or count < 2:
            raise bad_row(where, number, f"it has {len(choices)} choices, the first row has {count}.")
    return count


def _number(label: Any, count: int, where: str, row: int) -> int:
    """A number from 0, also as text, or a capital letter."""
    number = int(label) if isinstance(label, str) and label.isdecimal() else label
    if isinstance(number, str) and len(number) == 1:
        number = ascii_uppercase.find(number)
    if isinstance(number, int) and 0 <= number < count:
        return number
    raise bad_row(where, row, f"label {label!r} is not one of the {count} choices, by number from 0 or letter from A.")
