"""A tracker that is told what a run tells, with no run: one training that logs twice, and its results."""

from types import SimpleNamespace

import pytest

from xh.plan import Request, build
from xh.plugins import registry
from xh.results.records import Results, Row, Summary


@pytest.fixture
def training(tmp_path):
    """The first training of a plan."""
    plan = build([Request(inter=("squad",), target=("bucc",))], registry(), {})
    return next(stage for stage in plan.stages.values() if stage.trains)


@pytest.fixture
def results() -> Results:
    shared = {"inter": "squad", "target": "bucc", "baseline": 50.0, "delta": 1.0, "ci95_examples": None, "n": 10}
    shared |= {"chance": None, "at_chance": None, "main": True}
    row = Row(
        **shared, lang="de", seed=1, metric="f1", value=51.0, stage="s", protocol={}, comparable=True, why_not=None
    )
    sds = {"sd_seeds": None, "baseline_sd_seeds": None, "delta_sd_seeds": None}
    average = Summary(**shared, **sds, lang=None, metric=None, mean=51.0, seeds=(1,), stages=("s",))
    return Results(rows=(row,), summaries=(average,))


@pytest.fixture
def kept() -> SimpleNamespace:
    """What every tracker must have kept of it."""
    return SimpleNamespace(
        scalars={
            "loss": {10: 2.5, 20: 1.5}, "learning_rate": {10: 1e-5}, "epoch": {10: 0.5, 20: 1.0},
            "loss/squad": {10: 2.25}, "dev/f1": {20: 50.0}, "dev/target-dev/f1": {20: 40.0}, "seconds": {0: 12.5},
        },
        averages={"bucc/squad": 51.0, "bucc/squad/delta": 1.0},
    )  # fmt: skip
