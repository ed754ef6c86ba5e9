"""The method rdrop: its loss against one written out in NumPy, and trainings with it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from test_multitask_training import MOOD, TEXT, mixed

from helpers.methods import RECIPE, check_resumed, made
from helpers.outcomes import same, weights
from xh.spec import StageError
from xh.training.setup import TrainingSetup, training_setup
from xh.training.trainer import train


def loss_of(outputs, weight, **inputs):
    """What the method's loss is where two passes of a model give these outputs, the first of them the loss."""
    setup = SimpleNamespace(loss=lambda model, inputs: model(**inputs)["loss"])
    passes = iter(outputs)
    changed = made("rdrop", weight=weight).setup(setup, None)
    return float(changed.loss(lambda **_: next(passes), inputs))


def divergence(p, q):
    """The sum over classes of both Kullback-Leibler divergences of two rows of logits, halved."""
    p, q = (np.exp(each) / np.exp(each).sum() for each in (np.array(p, float), np.array(q, float)))
    return (np.sum(p * np.log(p / q)) + np.sum(q * np.log(q / p))) / 2


ONE, OTHER = [[1.0, 2.0, -1.0], [0.0, 0.5, 0.0]], [[0.5, 2.5, 0.0], [1.0, -1.0, 0.0]]


def test_the_loss_is_the_mean_of_both_and_the_weighted_divergence_of_what_they_predict():
    outputs = [
        {"loss": torch.tensor(loss), "logits": torch.tensor(logits)} for loss, logits in ((1.0, ONE), (3.0, OTHER))
    ]
    wanted = (1 + 3) / 2 + 0.7 * np.mean([divergence(*rows) for rows in zip(ONE, OTHER, strict=True)])
    assert loss_of(outputs, 0.7) == pytest.approx(wanted, rel=1e-6)


def test_words_without_a_label_do_not_count():
    outputs = [{"loss": torch.tensor(0.0), "logits": torch.tensor([logits])} for logits in (ONE, OTHER)]
    found = loss_of(outputs, 1.0, labels=torch.tensor([[2, -100]]))
    assert found == pytest.approx(divergence(ONE[0], OTHER[0]), rel=1e-6)


def test_of_a_span_the_mean_of_its_beginning_and_its_end_counts():
    passes = ((ONE, OTHER), (OTHER, ONE))
    outputs = [
        {"loss": torch.tensor(0.0), "start_logits": torch.tensor(start), "end_logits": torch.tensor(end)}
        for start, end in passes
    ]
    wanted = np.mean([divergence(*rows) for rows in zip(ONE, OTHER, strict=True)])
    assert loss_of(outputs, 1.0) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("output", [{"logits": torch.zeros(2, 1)}, {"queries": torch.zeros(2, 4)}])
def test_a_model_without_classes_is_an_error(output):
    with pytest.raises(StageError, match="compares distributions"):
        loss_of([{"loss": torch.tensor(0.0), **output}] * 2, 1.0)


def test_without_dropout_nothing_is_added(worker):
    job = worker.job()
    plain, changed = training_setup(job), training_setup(replace(job, methods=(made("rdrop"),)))
    assert isinstance(changed, TrainingSetup)
    batch = plain.collate([plain.train[i] for i in range(4)])
    plain.model.eval()
    assert changed.loss(plain.model, batch).item() == pytest.approx(plain.loss(plain.model, batch).item(), abs=1e-6)


def test_a_killed_training_comes_to_the_same_and_to_another_than_without(worker, monkeypatch):
    plain = worker.job("plain", **RECIPE)
    train(plain)
    worker.methods = (made("rdrop"),)
    assert not same(check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6), weights(plain))


def test_it_works_in_a_mixture_with_running_text(worker, monkeypatch):
    worker.methods = (made("rdrop"),)
    check_resumed(lambda name: mixed(worker, MOOD, TEXT, name=name, epochs=1), monkeypatch, 3)
