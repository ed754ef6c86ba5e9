"""Sentences or sentence pairs with one label each."""

from pathlib import Path
from typing import Any

from xh.kinds.base import bad_row, check_texts, commonest, write_lines
from xh.kinds.single import SingleAnswer
from xh.kinds.supervised import label_options
from xh.metrics.lines import read_lines
from xh.spec import MissingError, TaskSpec
from xh.spec.examples import Columns, Examples, Features

NO_LABEL = -1


class Classify(SingleAnswer):
    """Predictions are label names, one per example."""

    head = "AutoModelForSequenceClassification"

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """The labels' names."""
        return label_options(task)

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Labels as integers; rows without a gold label (-1) are dropped."""
        check_texts(columns, ("text_a", "text_b"), task, where)
        labels = [label_number(value, task, where, number) for number, value in enumerate(columns["label"])]
        kept = [i for i, label in enumerate(labels) if label != NO_LABEL]
        if not kept:
            raise MissingError(f"{where} has no labelled rows.", todo="Check that the split is the right one.")
        columns = {**columns, "label": labels}
        return {name: [values[i] for i in kept] for name, values in columns.items()}

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """One input per example, cut to ``max_length`` from the longer text's end."""
        texts = [examples["text_a"]] + ([examples["text_b"]] if "text_b" in examples.columns else [])
        encoded = tokenizer(*texts, truncation=True, max_length=recipe.max_length, return_attention_mask=False)
        return Features({**encoded, **({"labels": examples["label"]} if train else {})})

    def classes(self, examples: Examples) -> list[int]:
        """The labels."""
        labels: list[int] = examples["label"]
        return labels

    def decode(
        self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> list[str]:
        """The name of the highest logit."""
        return [task.labels[int(logits.argmax())] for (logits,) in outputs]

    def pairs(self, predictions: list[str], examples: Examples, task: TaskSpec) -> tuple[list[str], list[str]]:
        """Predicted and gold label names."""
        return predictions, [task.labels[label] for label in examples["label"]]

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> list[str]:
        """The most frequent gold label for every example."""
        return [task.labels[commonest(examples["label"])]] * len(examples)

    def write(self, predictions: list[str], path: Path) -> None:
        """One label name a line."""
        write_lines(predictions, path)

    def read(self, path: Path) -> list[str]:
        """The lines."""
        return read_lines(path.read_text(encoding="utf-8"))


def label_number(value: Any, task: TaskSpec, where: str, number: int) -> int:
    """A label of the data, a number or a name, as a number; -1 is none. Raises for any other, naming the row."""
    if isinstance(value, str) and value in task.labels:
        return task.labels.index(value)
    if isinstance(value, int) and NO_LABEL <= value < len(task.labels):
        return value
    known = ", ".join(f"{i} {name}" for i, name in enumerate(task.labels))
    raise bad_row(where, number, f"label {value!r} is not one of {known}.", "Check the task's labels against the data.")
