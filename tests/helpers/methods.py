"""Methods of xh as a stage makes them, and how their trainings go on after a kill."""

from helpers.outcomes import kill, same, told, weights
from xh.plugins import registry
from xh.spec.reference import resolve
from xh.training.trainer import train

RECIPE = {"epochs": 2, "learning_rate": 3e-3, "select": "last"}


def made(name, **settings):
    spec = registry().methods.get(name)
    return resolve(spec.code)(registry().methods.identity(name), spec.typed(settings))


def check_resumed(jobs, monkeypatch, step):
    """``jobs(name)`` trains to equal weights whether or not it is killed in the step after ``step``."""
    monkeypatch.setenv("XH_CHECKPOINT_SECONDS", "0")
    whole, killed = jobs("whole"), jobs("killed")
    facts = told(train(whole))
    kill(killed, step)
    assert killed.checkpoints.latest()
    assert told(train(killed)) == facts
    assert same(weights(killed), weights(whole))
    return weights(whole)
