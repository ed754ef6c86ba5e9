"""A few steps of a task's own training on a few rows, with the embedded encoder."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from msgspec.structs import replace

from xh.data import models
from xh.kinds.scores import scores
from xh.kinds.supervised import forward
from xh.mini import ENCODER
from xh.spec import Stage
from xh.spec.kinds import facts
from xh.spec.stage import Inputs, Purpose
from xh.stage.job import TrainJob
from xh.store import Checkpoints
from xh.testing.subject import Place, Subject
from xh.training.setup import TrainingSetup, training_setup

ROWS = 2
STEPS = 2
TAKEN = 0.1
TINY = 1e-30
NOTHING = 1e-6  # a smaller loss is what single precision rounds to


def faults(subject: Subject, place: Place) -> Iterator[str]:
    """What is wrong with the losses of a fixed batch, trained without dropout, and with the predictions after it."""
    with TemporaryDirectory() as folder:
        job = _job(subject, place, Path(folder))
        setup = training_setup(job)
        losses = _losses(setup)
    told = " ".join(f"{loss:.3g}" for loss in losses)
    if not all(map(math.isfinite, losses)):
        yield f"the loss is not finite: {told}"
    elif losses[-1] >= losses[0] > NOTHING:  # two rows may be all too easy
        yield f"the loss of {ROWS} rows does not fall in {STEPS} steps: {told}"
    elif subject.predicts:
        yield from _unscored(job, setup, subject, place)


def _job(subject: Subject, place: Place, folder: Path) -> TrainJob:
    task, (split, lang) = subject.task, place
    found = {name: models.find(getattr(subject.recipe, name)) for name in facts(task.kind).models}
    inputs = Inputs(
        phase="intermediate",
        encoder="mini",
        tasks={"train": task, "dev": task},
        languages=(lang,),
        data={f"{task.name}/{split}/{lang}": ""},
        recipe={},
        seed=1,
        models={f"{task.name}.{name}": model.identity for name, model in found.items()},
    )
    purpose = Purpose(inter=task.name, target=None, encoder="mini", profile="", data="")
    return TrainJob(
        stage=Stage(task=task.name, inputs=inputs, purpose=purpose),
        locations=replace(subject.locations, encoders={model.identity: model.place for model in found.values()}),
        kind=subject.trained,
        recipe=subject.recipe,
        start=ENCODER,
        folder=folder,
        load=lambda *_: subject.kind.limit(subject.examples(place), ROWS),
        log=lambda entry: None,
        checkpoints=Checkpoints(folder, {}),
    )


def _losses(setup: TrainingSetup) -> list[float]:
    """The losses of a fixed batch before and after steps down the gradient, each of which should take off a tenth."""
    batch = setup.collate([setup.train[number] for number in range(min(ROWS, len(setup.train)))])
    setup.model.eval()  # dropout would have it go up and down
    found = []
    for _ in range(STEPS):
        setup.model.zero_grad()
        loss = setup.loss(setup.model, batch)
        found.append(loss.item())
        loss.backward()  # type: ignore[no-untyped-call]
        _descend(setup.model, found[-1])
    with torch.no_grad():
        return [*found, setup.loss(setup.model, batch).item()]


@torch.no_grad()
def _descend(model: torch.nn.Module, loss: float) -> None:
    found = [(weight, weight.grad) for weight in model.parameters() if weight.grad is not None]
    squares = sum(float(slope.square().sum()) for _, slope in found)
    for weight, slope in found:
        weight.sub_(slope, alpha=TAKEN * loss / max(squares, TINY))


def _unscored(job: TrainJob, setup: TrainingSetup, subject: Subject, place: Place) -> Iterator[str]:
    """Scores of what the trained model predicts that are no percentages."""
    kind = job.kind
    examples = kind.complete(job.load(subject.task, *place), job)
    features = kind.features(examples, setup.tokenizer, job.recipe, train=False)
    outputs = forward(kind, setup.model, setup.tokenizer, features, job.recipe)
    found = kind.decode(outputs, features, examples, job.recipe, subject.task)
    for metric, value in scores(kind, found, examples, subject.task).items():
        if not math.isfinite(value):
            yield f"{metric} of a trained model's predictions is {value}"
