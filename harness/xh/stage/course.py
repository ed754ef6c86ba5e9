"""What a training is made of: the model, the inputs and their batches, and the look at the dev set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch.utils.data import Sampler

from xh.kinds.collate import collate
from xh.kinds.kind import Examples, Scores, merged
from xh.kinds.supervised import forward
from xh.spec import TaskSpec
from xh.stage import attention
from xh.stage.job import TrainJob
from xh.stage.sampler import LengthGrouped
from xh.stage.score import scores
from xh.stage.weights import load_for_training, load_with_head

Look = Callable[[Any], Scores]


@dataclass
class Course:
    """``look`` gives a model's dev scores, the one that selects first; without it the last weights are kept.

    ``rows``: how many examples there are by split, ``parts``: and by task. ``sampler(batch_size, seed)`` gives the
    order of inputs, ``kept`` is what of the model is handed on.
    """

    model: Any
    tokenizer: Any
    train: Any
    collate: Callable[[Sequence[Any]], dict[str, Any]]
    look: Look | None
    rows: dict[str, int]
    sampler: Callable[[int, int], Sampler[int]]
    kept: Any
    parts: dict[str, dict[str, int]] = field(default_factory=dict)


def course(job: TrainJob) -> Course:
    """A training on one task, in as many languages as its stage reads."""
    kind, recipe = job.kind, job.recipe
    model, tokenizer = _model(job)
    train = _examples(job, job.train, "train")
    dev = _examples(job, job.dev, "dev") if recipe.select != "last" else None
    features = kind.features(train, tokenizer, recipe, train=True)
    return Course(
        model=model,
        tokenizer=tokenizer,
        train=features,
        collate=_collator(job, tokenizer),
        look=_look(job, dev, tokenizer) if dev else None,
        rows={"train": len(train)} | ({"dev": len(dev)} if dev else {}),
        sampler=partial(LengthGrouped, features.lengths),
        kept=model,
    )


def _model(job: TrainJob) -> tuple[Any, Any]:
    model, tokenizer = _loaded(job)
    attention.quicken(model)
    if prepare := getattr(job.kind, "prepare", None):
        prepare(model)
    return model, tokenizer


def _loaded(job: TrainJob) -> tuple[Any, Any]:
    """The model and its tokenizer; the head is new unless the kind goes on with the encoder's own."""
    options, trust = job.kind.head_options(job.train), job.site.trust_remote_code
    if getattr(job.kind, "continues", False):
        if found := load_with_head(job.start, job.kind, trust):
            return found
        job.log({"message": "The encoder has no head of this kind: a new one is trained."})
    return load_for_training(job.start, job.kind, options, trust)


def _examples(job: TrainJob, task: TaskSpec, split: str) -> Examples:
    languages = job.stage.inputs.languages_of(task.name, split)
    return merged([job.load(task, split, lang) for lang in languages])


def _collator(job: TrainJob, tokenizer: Any) -> Callable[[Sequence[Any]], dict[str, Any]]:
    if made := getattr(job.kind, "collator", None):
        collator: Callable[[Sequence[Any]], dict[str, Any]] = made(tokenizer, job.recipe, job.stage.inputs.seed)
        return collator
    return partial(collate, tokenizer)


def _look(job: TrainJob, dev: Examples, tokenizer: Any) -> Look:
    """Scores the dev set as the test set will be scored, unless the kind has a look of its own."""
    kind, recipe = job.kind, job.recipe
    features = kind.features(dev, tokenizer, recipe, train=False)

    def look(model: Any) -> Scores:
        outputs = forward(kind, model, tokenizer, features, recipe.precision)
        return scores(kind, kind.decode(outputs, features, dev, recipe, job.dev), dev, job.dev)

    own = getattr(kind, "look", None)
    return partial(own, tokenizer=tokenizer, features=features, recipe=recipe) if own else look
