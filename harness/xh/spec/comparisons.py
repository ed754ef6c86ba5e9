"""What measures of similarity compare: which vectors of an intermediate task and of a target (docs/similarity.md)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from xh.spec.cell import BASELINE
from xh.spec.data import DataSplit
from xh.spec.fingerprint import changed_representation
from xh.spec.kinds import facts
from xh.spec.recipe import Representation
from xh.spec.stage import Inputs, Purpose, Stage
from xh.spec.train_languages import dev_languages

TEXTEMB, LOGME, CKA = "textemb", "logme", "cka"
MEASURES = {
    TEXTEMB: "cosine of mean text vectors",
    LOGME: "log evidence of the target's labels per example",
    CKA: "linear CKA of the two trainings' encoders",
}
NEEDS = {
    TEXTEMB: "It needs an intermediate task.",
    LOGME: "It needs an intermediate task, and a target that is trained with one label per example.",
    CKA: "It needs an intermediate task, and a target that is trained without one too: the baseline.",
}
"""What each measure can't do without."""


class Pair(Struct, frozen=True, kw_only=True):
    """An intermediate training and a target that it is to help.

    ``tested``: the inputs of the target's evaluation. ``target``: the target's training after the intermediate one,
    ``own``: the one without; None where there is none. ``purpose``: that of the evaluation.
    """

    intermediate: Stage
    tested: Inputs
    purpose: Purpose
    target: Stage | None = None
    own: Stage | None = None


class Comparison(NamedTuple):
    """One value of a measure, and the stages that have the vectors of its two sides; ``right`` is empty for LogME.

    Of several stages on one side the mean counts. ``lang``: in that language of the test; None is the whole target.
    """

    measure: str
    lang: str | None
    left: tuple[Stage, ...]
    right: tuple[Stage, ...] = ()


def comparisons(pair: Pair) -> Iterator[Comparison]:
    """All that can be compared of a pair."""
    learnt = pair.intermediate.inputs
    ours = tuple(_represented(split, learnt, pair.purpose) for split in _learnt(learnt))
    tests = {each.lang: _represented(each, pair.tested, pair.purpose) for each in _tested(pair.tested)}
    if pair.target is None:
        yield Comparison(TEXTEMB, None, ours, tuple(tests.values()))
    else:
        yield from _with_training(pair, pair.target.inputs, ours)
    yield from (Comparison(TEXTEMB, lang, ours, (stage,)) for lang, stage in tests.items())


def content(stage: Stage) -> tuple[Any, ...]:
    """What a stage represents, and by which encoder: the same for all stages with the same vectors."""
    inputs = stage.inputs
    data = tuple((each.split, each.lang, identity) for each, identity in inputs.identities.items())
    return inputs.parent, inputs.encoder, inputs.task.full_name, data, repr(changed_representation(inputs.recipe))


def _with_training(pair: Pair, trained: Inputs, ours: tuple[Stage, ...]) -> Iterator[Comparison]:
    """What is compared by the texts that a target is trained and selected by."""
    home = _home(trained)
    after = _represented(home, trained, pair.purpose, pair.intermediate)
    yield Comparison(TEXTEMB, None, ours, (_represented(home, trained, pair.purpose),))
    kind = facts(after.inputs.task.kind)
    if kind.labelled and not kind.labels_in:
        yield Comparison(LOGME, None, (after,))
    if pair.own:
        yield Comparison(CKA, None, (after,), (_represented(home, trained, pair.purpose, pair.own),))


def _learnt(inputs: Inputs) -> Iterator[DataSplit]:
    """What an intermediate training learns, of each task in one language: English, if it is among them."""
    for task in inputs.tasks["train"].members:
        langs = inputs.languages_of(task.name, "train")
        yield DataSplit(task.name, "train", "en" if "en" in langs else langs[0])


def _tested(inputs: Inputs) -> Iterator[DataSplit]:
    return (each for each in inputs.identities if each.split == "test")


def _home(inputs: Inputs) -> DataSplit:
    """The dev set in the language of training, or without one the train set."""
    train, dev = inputs.tasks["train"], inputs.tasks["dev"]
    found = DataSplit(dev.name, "dev", dev_languages(dev, train)[0])
    return found if found in inputs.identities else DataSplit(train.name, "train", inputs.languages[0])


def _represented(split: DataSplit, inputs: Inputs, purpose: Purpose, parent: Stage | None = None) -> Stage:
    """The stage that keeps vectors of a split that ``inputs`` have: the untuned encoder's, or those after a training.

    ``purpose``: that of the pair; the untuned encoder's vectors are for any pair with these texts.
    """
    task = next(each for each in inputs.tasks[split.split].members if each.name == split.task)
    made = Inputs(
        phase="represent",
        encoder=inputs.encoder,
        tasks={split.split: task},
        languages=(split.lang,),
        data={split.key: inputs.identities[split]},
        recipe=to_builtins(Representation()),
        parent=parent.id if parent else None,
    )
    if parent:
        purpose = replace(purpose, inter=parent.purpose.inter, method=parent.purpose.method, baseline=None)
    else:
        purpose = replace(purpose, inter=BASELINE, method=BASELINE, target=None, baseline=None)
    return Stage(task=split.task, inputs=made, purpose=purpose)
