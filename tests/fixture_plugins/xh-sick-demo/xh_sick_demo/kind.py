"""A kind of one's own: sentence pairs with a number between 0 and ``best``, as a regression."""

from statistics import StatisticsError, correlation

from xh.api import Features, TrainedKind, bad_row, write_lines


class Graded(TrainedKind):
    """Predictions are numbers, one per example."""

    head = "AutoModelForSequenceClassification"

    def head_options(self, task):
        return {"num_labels": 1, "problem_type": "regression"}

    def check(self, columns, task, where):
        for number, score in enumerate(columns["score"]):
            if not 0 <= score <= task.recipe["best"]:
                raise bad_row(where, number, f"score {score} is not between 0 and {task.recipe['best']}")
        return columns

    def features(self, examples, tokenizer, recipe, *, train):
        encoded = tokenizer(examples["text_a"], examples["text_b"], truncation=True, max_length=recipe.max_length)
        labels = {"labels": [score / recipe.best for score in examples["score"]]} if train else {}
        return Features({**encoded, **labels})

    def decode(self, outputs, features, examples, recipe, task):
        return [float(logits[0]) * recipe.best for (logits,) in outputs]

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
        write_lines([f"{score:.4f}" for score in predictions], path)

    def read(self, path):
        return [float(line) for line in path.read_text(encoding="utf-8").splitlines()]
