"""Kinds whose tasks are fine-tuned, and running their models over features."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from xh.kinds.base import Kind, Predictions, Scores, kind_of, nothing
from xh.kinds.scores import scores
from xh.model.body import inferring
from xh.model.collate import collate
from xh.model.heads import with_new_head
from xh.model.memory import halving
from xh.model.precision import taken, working_device
from xh.model.weights import load_finetuned
from xh.retrieval.encoding import batches
from xh.spec import TaskSpec, UnavailableError
from xh.spec.examples import Examples, Features

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob, TrainJob

TOKENS = {"cpu": 4096, "cuda": 65536}
Output = tuple[Any, ...]
"""What the model's head gives for one feature: NumPy arrays in float32, without padding."""
Collator = Callable[[Sequence[Any]], dict[str, Any]]


class TrainedKind(Kind):
    """A kind whose tasks are fine-tuned: rows become features, and a model's outputs become predictions.

    Its model is a class that ``head`` names, or what :meth:`build_model` makes.
    """

    head: ClassVar[str] = ""
    """A model class of transformers, e.g. ``AutoModelForSequenceClassification``, or any as ``"module:Class"``."""

    per_token: ClassVar[bool] = False
    """Whether the head's outputs have one entry for each subword token, and lose those of the padding."""

    continues: ClassVar[bool] = False
    """Whether training goes on with the encoder's own head of the class ``head``, where it has one."""

    by_length: ClassVar[bool] = True
    """Whether a batch of training holds inputs of similar length; else they are drawn at random."""

    whole_batches: ClassVar[bool] = False
    """Whether the loss holds the inputs of a batch against one another; else each part of it has a loss of its own.

    Then the model is called with ``pieces``, a number, where memory runs out, and reads the batch in that many parts;
    and with ``processes`` where several train, which all have the same batch and of which each reads a part."""

    reads_padding: ClassVar[bool] = False
    """Whether the loss counts what the head gives for padding; then batches of training always have it."""

    # The model

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """Options of the model's config, such as ``num_labels`` or label names."""
        return {}

    def build_model(self, body: Any, task: TaskSpec) -> Any:
        """A model of this body and a new head, in float32.

        By default of the class ``head``; ``xh.api`` has heads that fit any body: :class:`~xh.model.heads.PooledHead`,
        ``TokenHead``, ``SpanHead`` and ``ChoiceHead``. It may share the body's weights.
        """
        return with_new_head(self.head, body, self.head_options(task))

    def training_model(self, body: Any, job: "TrainJob") -> Any:
        """The model that a training begins with: what :meth:`build_model` makes, unless that needs more than the task.

        ``job.recipe`` has the settings, ``job.model(setting)`` the folder of a further model that one of them names.
        """
        return self.build_model(body, job.train)

    def processor(self, tokenizer: Any, folder: Path) -> Any:
        """What makes inputs of rows, for the encoder in ``folder``, and is saved with the model: its fast tokenizer.

        All other methods get it as ``tokenizer``.
        """
        return tokenizer

    def prepare(self, model: Any) -> None:
        """Change how ``model`` works in training and dev evaluations, not its weights."""

    # Inputs

    def complete(self, examples: Examples, job: "TrainJob") -> Examples:
        """The examples of a training, or of its dev set, with what a model must make for them first; as they are.

        ``job.kept_vectors`` keeps the vectors of a further model for later trainings.
        """
        return examples

    @abstractmethod
    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Tokenised inputs, with labels when ``train``; stages share them, so they follow from the arguments alone."""

    def collator(self, tokenizer: Any, recipe: Any, seed: int) -> Collator:
        """The function that makes a batch, tensors by name, of some features; by default it pads them."""
        return partial(collate, tokenizer)

    # Predictions

    @abstractmethod
    def decode(
        self, outputs: list[Output], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> Predictions:
        """Predictions of the model's outputs, one for each of the features."""

    def evaluate_dev(
        self, model: Any, tokenizer: Any, features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> Scores:
        """The scores of a dev set in percent, the one that selects first: by default as the test set is scored."""
        outputs = forward(self, model, tokenizer, features, recipe)
        return scores(self, self.decode(outputs, features, examples, recipe, task), examples, task)

    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Predictions]]:
        """Each language's predictions from the fine-tuned model in ``job.start``."""
        return predict(self, job, examples)

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """The length that inputs are cut to."""
        return {"max_length": job.recipe.max_length}


class MultiTask(TrainedKind):
    """Several tasks learnt together; each of them has its own kind."""

    features = decode = predict = pairs = nothing


def trained_kind(task: TaskSpec) -> TrainedKind:
    """The kind of a task that is fine-tuned; raises :class:`~xh.spec.UnavailableError` where it can't be."""
    kind = kind_of(task)
    if not isinstance(kind, TrainedKind):
        todo = "Make it a subclass of xh.api.TrainedKind, or say trained=False in its KindSpec."
        raise UnavailableError(f"The code of kind {task.kind!r} can't be trained.", todo=todo)
    return kind


def label_options(task: TaskSpec) -> dict[str, Any]:
    """Options of a model's config: the label names, so that the saved model says what it predicts."""
    return {"id2label": dict(enumerate(task.labels)), "label2id": {name: i for i, name in enumerate(task.labels)}}


def predict(kind: TrainedKind, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Any]]:
    """Each language's predictions from the fine-tuned model in ``job.start``: batched by length, and by memory."""
    build = partial(kind.build_model, task=job.task)
    model, tokenizer = load_finetuned(job.start, kind.head, build, job.locations.trust_remote_code, job.methods)
    model.to(working_device())
    processor = kind.processor(tokenizer, job.start)
    for lang, rows in examples.items():
        features = job.features(kind, rows, processor, train=False)
        outputs = forward(kind, model, processor, features, job.recipe)
        yield lang, kind.decode(outputs, features, rows, job.recipe, job.task)


def forward(kind: TrainedKind, model: Any, tokenizer: Any, features: Features, recipe: Any) -> list[Output]:
    """The model's outputs for each feature as float32 arrays, without padding; batched by length and by memory."""
    device, lengths = model.device, features.lengths
    results: list[Output] = [()] * len(features)
    collator = kind.collator(tokenizer, recipe, seed=0)

    def work(batch: list[int]) -> None:
        inputs = collator([features[i] for i in batch])
        found = model(**{name: values.to(device) for name, values in inputs.items()})
        outputs = [values.float().cpu().numpy() for values in found.to_tuple()]
        for row, i in enumerate(batch):
            results[i] = tuple(values[row][: lengths[i]] if kind.per_token else values[row] for values in outputs)

    bf16 = taken(recipe.precision, device) == "bf16"
    with inferring(model), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in batches(lengths, TOKENS[device.type]):
            halving(batch, work)
    return results
