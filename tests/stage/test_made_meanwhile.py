"""A stage whose work fails, but which another process has made meanwhile, is made."""

import pytest

from xh.plan import Request, build
from xh.plugins import registry
from xh.stage import execute as module
from xh.store import Store


def attempt(tmp_path, monkeypatch, work):
    """Make a stage, whose work is this; whether another has made it, and what was reported."""
    plan = build(Request(inter=("none",), target=("bucc",), langs=("de",), runs=str(tmp_path / "runs")), registry())
    (stage,) = plan.stages.values()
    store, said = Store.open(tmp_path / "runs"), []
    monkeypatch.setattr(module, "_work", lambda *_: work(store, stage))
    return module.execute(stage, plan.locations, registry(), said.append), said, store


def by_another(store, stage):
    with store.work(stage) as folder:
        store.commit(stage, folder, {}, {}, 0.0)
    raise FileNotFoundError("a checkpoint that the other one has cleared away")


def test_it_counts_as_made(tmp_path, monkeypatch):
    made, said, store = attempt(tmp_path, monkeypatch, by_another)
    assert (made, said) == (True, [module.MADE])
    assert [*store.failed.iterdir(), *store.stages.glob(".*")] == []


def test_any_other_failure_is_one(tmp_path, monkeypatch):
    with pytest.raises(ZeroDivisionError):
        attempt(tmp_path, monkeypatch, lambda store, stage: 1 / 0)
