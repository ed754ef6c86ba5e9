"""What a training is made of: the model, the inputs and their batches, and the dev evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

import torch
from torch.utils.data import Sampler
from transformers import TrainerCallback

from xh.kinds.base import Scores, merged
from xh.model import adapters, attention
from xh.model.body import body_of
from xh.model.precision import FORMATS
from xh.model.weights import adapted, load_finetuned, load_for_training, load_with_head
from xh.spec import StageError
from xh.spec.examples import Examples
from xh.spec.recipe import ORACLE, Policy, PooledTraining
from xh.spec.train_languages import dev_languages
from xh.stage.job import TrainJob
from xh.training.epochs import epoch_inputs
from xh.training.sampler import LengthGrouped

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
    train = job.kind.complete(merged([job.load(job.train, "train", lang) for lang in langs]), job)
    dev = _dev(job)
    inputs = epoch_inputs(job, train, tokenizer)
    made = TrainingSetup(
        model=model,
        tokenizer=tokenizer,
        train=inputs,
        collate=job.kind.collator(tokenizer, job.recipe, seed=job.stage.inputs.seed or 0),
        dev_evaluators=_dev_evaluators(job, dev, tokenizer),
        rows={"train": len(train)} | ({"dev": len(dev["english-dev"][0])} if "english-dev" in dev else {}),
        sampler=lambda batch_size, seed: LengthGrouped(_grouping(job, inputs), batch_size, seed),
        kept=model,
    )
    for method in job.methods:
        made = method.setup(made, job)
        if not isinstance(made, TrainingSetup):
            raise StageError(f"{method.name}.setup returned no TrainingSetup but {type(made).__name__}.")
    return made


def _grouping(job: TrainJob, inputs: Any) -> list[int]:
    """The lengths that batches are grouped by; all alike where they are drawn at random."""
    return inputs.lengths if job.kind.by_length else [0] * len(inputs)


def _model(job: TrainJob) -> tuple[Any, Any]:
    model, tokenizer = _loaded(job)
    recipe = job.recipe
    body_of(model).to(FORMATS[recipe.weights])
    if recipe.adapter == "lora":
        adapters.adapt_linears(model, recipe.lora_rank, recipe.lora_alpha, recipe.lora_dropout)
    if recipe.activation_checkpointing:
        adapters.checkpoint_activations(model)
    attention.quicken(model)
    job.kind.prepare(model)
    return model, job.kind.processor(tokenizer, job.start)


def _loaded(job: TrainJob) -> tuple[Any, Any]:
    """The model, adapted, and its tokenizer.

    The head is that of the step before, every weight of it; or the encoder's own, if the kind goes on with it; or new.
    """
    trust, recipe, build = job.locations.trust_remote_code, job.recipe, partial(job.kind.training_model, job=job)
    if job.stage.inputs.with_head:
        return load_finetuned(job.start, job.kind.head, build, trust, job.methods)
    found = load_with_head(job.start, job.kind.head, trust) if job.kind.continues else None
    if job.kind.continues and not found:
        job.log({"message": "The encoder has no head of this kind: a new one is trained."})
    pooling = recipe.pooling if isinstance(recipe, PooledTraining) else "auto"  # a bi-encoder is told in each batch
    dtype = FORMATS[recipe.weights]
    model, tokenizer = found or load_for_training(job.start, build, trust, pooling, recipe.bidirectional, dtype)
    return adapted(model, job.methods), tokenizer


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
    joined = {policy: sets if policy == ORACLE else [merged(sets)] for policy, sets in found.items()}
    return {policy: [job.kind.complete(each, job) for each in sets] for policy, sets in joined.items()}


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
    features = job.features(job.kind, dev, tokenizer, train=False)
    return partial(
        job.kind.evaluate_dev, tokenizer=tokenizer, features=features, examples=dev, recipe=job.recipe, task=job.dev
    )
