"""What tests change trainings by: methods, as a plugin's, and kinds that score as they are told."""

from collections.abc import Callable, Iterator
from typing import Any

from transformers import TrainerCallback

from xh.kinds.classify import Classify
from xh.training.method import Method


class Changing(Method):
    """Has a function change the setup of a training."""

    def __init__(self, change: Callable[..., Any]) -> None:
        super().__init__("changing", None)
        self.change = change

    def setup(self, setup, job):
        self.change(setup, job)
        return setup


class BeforeStep(TrainerCallback):
    """Calls a function with the number of steps that are done, before the next one."""

    def __init__(self, call: Callable[[int], Any]) -> None:
        self.call = call

    def on_step_begin(self, args, state, control, **_):
        self.call(state.global_step)


def before_steps(call: Callable[[int], Any]) -> Method:
    return Changing(lambda setup, job: setup.callbacks.append(BeforeStep(call)))


def before_losses(call: Callable[[Any], Any]) -> Method:
    """Calls a function with each batch, which it may change, before its loss is computed."""

    def change(setup, job):
        before = setup.loss

        def loss(model, inputs):
            call(inputs)
            return before(model, inputs)

        setup.loss = loss

    return Changing(change)


def before_dev_evaluations(call: Callable[[Any], Any]) -> Method:
    """Calls a function with the model before each of its dev evaluations."""

    def change(setup, job):
        for policy, evaluate in setup.dev_evaluators.items():
            setup.dev_evaluators[policy] = lambda model, evaluate=evaluate: (call(model), evaluate(model))[1]

    return Changing(change)


class Scripted(Classify):
    """Gives the next of a language's scores (or of ``any``), whatever is predicted."""

    def __init__(self, **scores: Iterator[float]) -> None:
        self.scores = scores

    def score(self, predictions, examples, task):
        return {"accuracy": next(self.scores.get(examples.lang) or self.scores["any"])}
