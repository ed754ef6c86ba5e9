"""What a training is made of: the model, the inputs and their batches, and the dev evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any, TypeVar

import torch
from torch.utils.data import Sampler
from transformers import TrainerCallback

from xh.kinds.base import Scores, merged
from xh.kinds.supervised import forward
from xh.model import attention
from xh.model.collate import collate
from xh.model.weights import load_for_training, load_with_head
from xh.spec import StageError
from xh.spec.examples import Examples
from xh.spec.recipe import ORACLE, Policy
from xh.spec.train_languages import dev_languages
from xh.stage.job import TrainJob
from xh.stage.score import scores
from xh.training.epochs import epoch_inputs
from xh.training.sampler import LengthGrouped

T = TypeVar("T")
DevEvaluator = Callable[[Any], Scores]
Loss = Callable[[Any, dict[str, Any]], torch.Tensor]


def model_loss(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
    """The loss that the model's own head gives: the mean over the inputs of a batch."""
    outputs = model(**inputs)
    loss: torch.Tensor = outputs["loss"] if isinstance(outputs, dict) else outputs[0]
    return loss


@dataclass
class TrainingSetup:
    """What a training is made of; a method may change any of it.

    ``train`` has the inputs by number, and ``collate`` makes a batch of some of them. ``loss(model, inputs)`` is the
    mean over a batch on the model's device; ``model`` is then maybe wrapped (in DistributedDataParallel), so it is
    called and not looked into. ``dev_evaluators`` give a model's dev scores in percent by policy, the one that selects
    first; without any the last weights are kept. ``callbacks``: transformers' :class:`TrainerCallback`.
    ``sampler(batch_size, seed)`` gives the order of inputs in an epoch. What is handed on is written by
    ``kept.save_pretrained(folder)``, maybe several times. ``rows``: how many examples there are by split (dev: in the
    languages of training), ``parts``: and by task.
    """

    model: Any
    tokenizer: Any
    train: Any
    collate: Callable[[Sequence[Any]], dict[str, Any]]
    dev_evaluators: dict[str, DevEvaluator]
    rows: dict[str, int]
    sampler: Callable[[int, int], Sampler[int]]
    kept: Any
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    loss: Loss = model_loss
    callbacks: list[TrainerCallback] = field(default_factory=list)


def training_setup(job: TrainJob) -> TrainingSetup:
    """A training on one task, in as many languages as its stage reads."""
    model, tokenizer = _model(job)
    langs = job.stage.inputs.languages_of(job.train.name, "train")
    train, dev = merged([job.load(job.train, "train", lang) for lang in langs]), _dev(job)
    inputs = epoch_inputs(job, train, tokenizer)
    made = TrainingSetup(
        model=model,
        tokenizer=tokenizer,
        train=inputs,
        collate=_collator(job, tokenizer),
        dev_evaluators=_dev_evaluators(job, dev, tokenizer),
        rows={"train": len(train)} | ({"dev": len(dev["english-dev"][0])} if "english-dev" in dev else {}),
        sampler=lambda batch_size, seed: LengthGrouped(inputs.lengths, batch_size, seed),
        kept=model,
    )
    for method in job.methods:
        made = _checked(method.setup(made, job), TrainingSetup, f"{method.name}.setup")
    return made


def _checked(found: T, expected: type, where: str) -> T:
    if not isinstance(found, expected):
        raise StageError(f"{where} returned no {expected.__name__} but {type(found).__name__}.")
    return found


def _model(job: TrainJob) -> tuple[Any, Any]:
    model, tokenizer = _loaded(job)
    for method in job.methods:
        model = _checked(method.adapt(model), torch.nn.Module, f"{method.name}.adapt")
    attention.quicken(model)
    if prepare := getattr(job.kind, "prepare", None):
        prepare(model)
    return model, tokenizer


def _loaded(job: TrainJob) -> tuple[Any, Any]:
    """The model and its tokenizer; the head is new unless the kind goes on with the encoder's own."""
    options, trust = job.kind.head_options(job.train), job.locations.trust_remote_code
    if getattr(job.kind, "continues", False):
        if found := load_with_head(job.start, job.kind, trust):
            return found
        job.log({"message": "The encoder has no head of this kind: a new one is trained."})
    return load_for_training(job.start, job.kind, options, trust)


def _dev(job: TrainJob) -> dict[Policy, list[Examples]]:
    """What each policy is evaluated on: the languages of training as one set, or the target's other languages."""
    langs = job.stage.inputs.languages_of(job.dev.name, "dev")
    home = dev_languages(job.dev, job.train) if job.stage.phase == "target" else langs
    wanted: dict[Policy, list[str]] = {
        "english-dev": [lang for lang in langs if lang in home],
        ORACLE: [lang for lang in langs if lang not in home],
    }
    found = {
        policy: [job.load(job.dev, "dev", lang) for lang in wanted[policy]]
        for policy in job.recipe.policies
        if wanted.get(policy)
    }
    return {policy: sets if policy == ORACLE else [merged(sets)] for policy, sets in found.items()}


def _collator(job: TrainJob, tokenizer: Any) -> Callable[[Sequence[Any]], dict[str, Any]]:
    if made := getattr(job.kind, "collator", None):
        collator: Callable[[Sequence[Any]], dict[str, Any]] = made(tokenizer, job.recipe, job.stage.inputs.seed)
        return collator
    return partial(collate, tokenizer)


def _dev_evaluators(job: TrainJob, dev: Mapping[Policy, Sequence[Examples]], tokenizer: Any) -> dict[str, DevEvaluator]:
    evaluators: dict[str, DevEvaluator] = {}
    for policy, sets in dev.items():
        each = {examples.lang: _dev_evaluator(job, examples, tokenizer) for examples in sets}
        evaluators[policy] = partial(_mean, each) if policy == ORACLE else next(iter(each.values()))
    return evaluators


def _mean(evaluators: Mapping[str, DevEvaluator], model: Any) -> Scores:
    """The mean over languages of the metric that counts, as of the test, and each language's."""
    found = {lang: next(iter(evaluate(model).values())) for lang, evaluate in evaluators.items()}
    return {"mean": fmean(found.values()), **found}


def _dev_evaluator(job: TrainJob, dev: Examples, tokenizer: Any) -> DevEvaluator:
    """Scores a dev set as the test set will be scored, unless the kind has a dev evaluation of its own."""
    kind, recipe = job.kind, job.recipe
    features = job.features(kind, dev, tokenizer, train=False)

    def evaluate(model: Any) -> Scores:
        outputs = forward(kind, model, tokenizer, features, recipe.precision)
        return scores(kind, kind.decode(outputs, features, dev, recipe, job.dev), dev, job.dev)

    own = getattr(kind, "evaluate_dev", None)
    return partial(own, tokenizer=tokenizer, features=features, recipe=recipe) if own else evaluate
