"""The method lexical-injection: its loss against one written out, what it moves, and trainings with it."""

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file
from test_multitask_training import MOOD, TEXT, mixed

from helpers.methods import RECIPE, check_resumed, made
from helpers.outcomes import weights
from xh.model.body import body_of
from xh.model.weights import load_body
from xh.spec import StageError
from xh.training.setup import training_setup
from xh.training.trainer import train
from xh_methods.lexical_injection import triplet

X, Y = (np.random.default_rng(seed).normal(0.5, 1, (5, 8)) for seed in (1, 2))


def cosine(one, other):
    return one @ other / np.sqrt((one @ one) * (other @ other))


def triplet_by_hand(words, translations, margin):
    rows = range(len(words))
    gaps = [cosine(words[i], translations[i - 1]) - cosine(words[i], translations[i]) + margin for i in rows]
    return np.mean([max(0.0, gap) for gap in gaps])


@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_a_translation_is_held_against_the_next_pairs(margin):
    found = triplet(torch.tensor(X), torch.tensor(Y), margin)
    assert found.item() == pytest.approx(triplet_by_hand(X, Y, margin))


@pytest.fixture
def injecting(worker):
    """A training's setup with the method, and one of its batches."""
    setup = training_setup(replace(worker.job(), methods=(made("lexical-injection", layer=1, pairs=6, margin=0.5),)))
    setup.model.eval()
    return setup, setup.collate([setup.train[i] for i in range(4)])


def test_the_loss_adds_that_of_words_at_the_layer(worker, injecting):
    setup, batch = injecting
    task = setup.model(**batch).loss.item()
    torch.manual_seed(3)
    found = setup.loss(setup.model, batch).item() - task
    body, tokenizer = load_body(worker.start)
    torch.manual_seed(3)
    method = made("lexical-injection")
    pairs = method._pairs(tokenizer, "en")
    assert ["house", "Haus"] in [tokenizer.batch_decode(pair, skip_special_tokens=True) for pair in pairs]

    def vector(ids):
        with torch.no_grad():
            states = body.eval()(torch.tensor([ids]), output_hidden_states=True).hidden_states[1][0]
        return states.mean(0).numpy()

    drawn = [pairs[i] for i in torch.randint(len(pairs), (6,)).tolist()]
    wanted = triplet_by_hand(*(np.array([vector(pair[side]) for pair in drawn]) for side in (0, 1)), 0.5)
    assert found == pytest.approx(wanted, abs=1e-5) and wanted > 0


def test_the_pull_moves_adapters_of_queries_and_values_up_to_the_layer_and_nothing_else(injecting):
    setup, batch = injecting
    body = body_of(setup.model)
    gradients = []
    for loss in (setup.loss, lambda model, inputs: model(**inputs).loss):
        setup.model.zero_grad()
        loss(setup.model, batch).backward()
        gradients.append(
            {name: weight.grad for name, weight in setup.model.named_parameters() if weight.grad is not None}
        )
    pulled, plain = gradients
    adapters = {name for name, _ in body.named_parameters() if "lora_" in name}
    assert {tuple(name.split(".")[2:6]) for name in adapters} == {
        ("0", "attention", "self", each) for each in ("query", "value")
    }
    moved = {name for name in pulled if not torch.allclose(pulled[name], plain[name], rtol=1e-4, atol=1e-7)}
    assert moved and all("lora_" in name for name in moved)
    trained = {name for name, weight in body.named_parameters() if weight.requires_grad}
    assert trained == {name for name, _ in body.named_parameters()}, "the task trains everything, as without it"


def test_what_is_handed_on_has_the_adapters_in_its_weights(worker):
    worker.methods = (made("lexical-injection", layer=1),)
    job = worker.job(**RECIPE)
    train(job)
    before, after = load_file(worker.start / "model.safetensors"), weights(job)
    assert not [name for name in after if "lora" in name or "base_layer" in name]
    assert {name for name in after if name.startswith("roberta")} == {
        name for name in before if name.startswith("roberta")
    }
    load_body(job.folder / "model")


def test_adapters_of_the_recipe_take_the_pull(worker):
    worker.methods = (made("lexical-injection", layer=1),)
    setup = training_setup(worker.job(adapter="lora"))
    body = body_of(setup.model)
    assert any("dense.lora_A" in name for name, _ in body.named_parameters())
    setup.loss(setup.model, setup.collate([setup.train[0]])).backward()


def test_a_layer_that_is_not_there_is_an_error(worker):
    worker.methods = (made("lexical-injection", layer=3),)
    with pytest.raises(StageError, match="no layer 3") as caught:
        training_setup(worker.job())
    assert "between 1 and 2" in caught.value.todo


def test_a_killed_training_comes_to_the_same(worker, monkeypatch):
    worker.methods = (made("lexical-injection", layer=1),)
    check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6)


def test_all_methods_go_together(worker):
    """Whichever of them looks into the encoder, words are read as they are."""
    names = {"code-switch": {}, "salt": {}, "layer-attention": {}, "lexical-injection": {"layer": 1}, "rdrop": {}}
    worker.methods = tuple(made(name, **settings) for name, settings in names.items())
    train(worker.job(**RECIPE))
    worker.methods = worker.methods[::-1]
    train(worker.job("reversed", **RECIPE))


def test_it_works_in_a_mixture_with_running_text(worker, monkeypatch):
    worker.methods = (made("lexical-injection", layer=1),)
    check_resumed(lambda name: mixed(worker, MOOD, TEXT, name=name, epochs=1), monkeypatch, 3)
