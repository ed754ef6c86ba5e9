"""What a training is made of: the model, the inputs and their batches, and the look at the dev set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

from torch.utils.data import Sampler

from xh.kinds.collate import collate
from xh.kinds.kind import Examples, Scores, merged
from xh.kinds.supervised import forward
from xh.plan.survey import dev_languages
from xh.retrieval import attention
from xh.spec.recipe import ORACLE, Policy
from xh.stage.job import TrainJob
from xh.stage.sampler import LengthGrouped
from xh.stage.score import scores
from xh.stage.weights import load_for_training, load_with_head

Looking = Callable[[Any], Scores]


@dataclass
class Course:
    """``looks`` give by policy a model's dev scores, the one that selects first; without any the last weights are kept.

    ``rows``: how many examples there are by split (dev: in the languages of training), ``parts``: and by task.
    ``sampler(batch_size, seed)`` gives the order of inputs, ``kept`` is what of the model is handed on.
    """

    model: Any
    tokenizer: Any
    train: Any
    collate: Callable[[Sequence[Any]], dict[str, Any]]
    looks: dict[str, Looking]
    rows: dict[str, int]
    sampler: Callable[[int, int], Sampler[int]]
    kept: Any
    parts: dict[str, dict[str, int]] = field(default_factory=dict)


def course(job: TrainJob) -> Course:
    """A training on one task, in as many languages as its stage reads."""
    model, tokenizer = _model(job)
    langs = job.stage.inputs.languages_of(job.train.name, "train")
    train, dev = merged([job.load(job.train, "train", lang) for lang in langs]), _dev(job)
    features = job.features(job.kind, train, tokenizer, train=True)
    return Course(
        model=model,
        tokenizer=tokenizer,
        train=features,
        collate=_collator(job, tokenizer),
        looks=_looks(job, dev, tokenizer),
        rows={"train": len(train)} | ({"dev": len(dev["english-dev"][0])} if "english-dev" in dev else {}),
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


def _dev(job: TrainJob) -> dict[Policy, list[Examples]]:
    """What each policy looks at: the languages of training as one set, or the target's other languages."""
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


def _looks(job: TrainJob, dev: Mapping[Policy, Sequence[Examples]], tokenizer: Any) -> dict[str, Looking]:
    looks: dict[str, Looking] = {}
    for policy, sets in dev.items():
        each = {examples.lang: _look(job, examples, tokenizer) for examples in sets}
        looks[policy] = partial(_mean, each) if policy == ORACLE else next(iter(each.values()))
    return looks


def _mean(looks: Mapping[str, Looking], model: Any) -> Scores:
    """The mean over languages of the metric that counts, as of the test, and each language's."""
    found = {lang: next(iter(look(model).values())) for lang, look in looks.items()}
    return {"mean": fmean(found.values()), **found}


def _look(job: TrainJob, dev: Examples, tokenizer: Any) -> Looking:
    """Scores a dev set as the test set will be scored, unless the kind has a look of its own."""
    kind, recipe = job.kind, job.recipe
    features = job.features(kind, dev, tokenizer, train=False)

    def look(model: Any) -> Scores:
        outputs = forward(kind, model, tokenizer, features, recipe.precision)
        return scores(kind, kind.decode(outputs, features, dev, recipe, job.dev), dev, job.dev)

    own = getattr(kind, "look", None)
    return partial(own, tokenizer=tokenizer, features=features, recipe=recipe) if own else look
