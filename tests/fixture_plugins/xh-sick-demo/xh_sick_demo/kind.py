"""A kind of one's own: sentence pairs with a number between 0 and ``best``, as a regression."""

from dataclasses import dataclass, replace
from statistics import StatisticsError, correlation

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from xh.api import MissingError


@dataclass
class Features:
    """One entry per input in every column."""

    columns: dict

    def __len__(self):
        return len(self.columns["input_ids"])

    def __getitem__(self, index):
        return {name: values[index] for name, values in self.columns.items()}

    @property
    def lengths(self):
        """Sub-tokens of each input, by which batches are made."""
        return [len(ids) for ids in self.columns["input_ids"]]


class Graded:
    """Predictions are numbers, one per example."""

    suffix = ".tsv"
    head = "AutoModelForSequenceClassification"
    per_token = False

    def head_options(self, task):
        return {"num_labels": 1, "problem_type": "regression"}

    def check(self, columns, task, where):
        for number, score in enumerate(columns["score"]):
            if not 0 <= score <= task.recipe["best"]:
                raise MissingError(f"{where}, row {number}: score {score} is not between 0 and {task.recipe['best']}")
        return columns

    def limit(self, examples, rows):
        return replace(examples, columns={name: values[:rows] for name, values in examples.columns.items()})

    def count(self, examples):
        return len(examples)

    def features(self, examples, tokenizer, recipe, *, train):
        encoded = tokenizer(examples["text_a"], examples["text_b"], truncation=True, max_length=recipe.max_length)
        labels = {"labels": [score / recipe.best for score in examples["score"]]} if train else {}
        return Features({**encoded, **labels})

    def decode(self, outputs, features, examples, recipe, task):
        return [float(logits[0]) * recipe.best for (logits,) in outputs]

    def predict(self, job, examples):
        model = AutoModelForSequenceClassification.from_pretrained(job.start, local_files_only=True).eval()
        tokenizer = AutoTokenizer.from_pretrained(job.start, local_files_only=True)
        for lang, rows in examples.items():
            features = self.features(rows, tokenizer, job.recipe, train=False)
            with torch.inference_mode():
                batch = tokenizer.pad([features[i] for i in range(len(features))], return_tensors="pt")
                outputs = [(logits.numpy(),) for logits in model(**batch).logits]
            yield lang, self.decode(outputs, features, rows, job.recipe, job.task)

    def protocol(self, job):
        return {"best": job.recipe.best}

    def pairs(self, predictions, examples, task):
        return predictions, examples["score"]

    def score(self, predictions, examples, task):
        try:
            return {"pearson": 100 * correlation(predictions, examples["score"])}
        except StatisticsError:  # the same number for all
            return {"pearson": 0.0}

    def write(self, predictions, path):
        path.write_text("".join(f"{score:.4f}\n" for score in predictions), encoding="utf-8")
