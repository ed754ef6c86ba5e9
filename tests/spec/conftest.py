"""Records to vary."""

from functools import partial

import pytest
from msgspec.structs import replace

from xh.spec import Files, Inputs, Purpose, Stage, TaskSpec


@pytest.fixture
def fields():
    """The fields of a task that validates."""
    return {
        "name": "snow",
        "kind": "classify",
        "roles": ("intermediate", "target"),
        "languages": ("en", "fi"),
        "data": Files(paths=("{lang}/{split}.jsonl",), splits={"train": "train", "test": "test"}),
        "labels": ("no", "yes"),
        "metric": "accuracy",
    }


@pytest.fixture
def inputs(fields):
    """The inputs of a training."""
    task = TaskSpec(**fields)
    return Inputs(
        phase="target",
        encoder="sha256:0123",
        tasks={"train": task, "dev": task},
        languages=("en",),
        data={"snow/train/en": "sha256:4567"},
        recipe={"epochs": 2.0, "learning_rate": 5e-5},
        seed=1,
    )


@pytest.fixture
def purpose():
    """What the training is for."""
    return Purpose(inter="none", target="snow", encoder="mini", profile="mini", data="sample")


@pytest.fixture
def stage(inputs, purpose):
    """Make a stage: ``stage(seed=2)``, or for another purpose."""
    return partial(make_stage, inputs, purpose=purpose)


def make_stage(inputs, purpose, **changes):
    return Stage(task="snow", inputs=replace(inputs, **changes), purpose=purpose)
