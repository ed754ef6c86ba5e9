"""The method layer-attention: what it reads against one written out, how it begins, and trainings with it."""

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file
from test_multitask_training import MOOD, SIZE, mixed

from helpers.methods import RECIPE, check_resumed, made
from helpers.tiny_encoders import save_encoder
from xh.kinds.classify import Classify
from xh.kinds.supervised import forward
from xh.model.weights import load_body, load_finetuned
from xh.training.multitask import multitask_setup
from xh.training.setup import training_setup
from xh.training.trainer import train


@pytest.fixture
def attending(worker):
    """A model with the method whose values are not zero, in evaluation, and the body's states of a batch without it."""
    model = training_setup(replace(worker.job(), methods=(made("layer-attention"),))).model.eval()
    torch.nn.init.normal_(model.layer_attention.value.weight, std=0.2)
    body, tokenizer = load_body(worker.start)
    batch = tokenizer(["a fine day", "awful"], padding=True, return_tensors="pt")
    with torch.no_grad():
        return model, batch, body.eval()(**batch, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("lowest", [0, 1])
def test_each_token_attends_to_its_own_states_below(worker, attending, lowest):
    model, _, states = attending
    weights = {name: weight.detach().numpy() for name, weight in model.layer_attention.state_dict().items()}
    method = made("layer-attention", lowest=lowest)
    method._begin(model.layer_attention)
    output = type("Output", (dict,), {"hidden_states": states})(last_hidden_state=states[-1], hidden_states=states)
    found = method._fused(None, None, output)["last_hidden_state"].detach().numpy()
    last, lower = states[-1].numpy(), [state.numpy() for state in states[lowest:-1]]
    for place in np.ndindex(last.shape[:2]):
        query = weights["query.weight"] @ last[place]
        scores = np.array([query @ (weights["key.weight"] @ state[place]) for state in lower]) / np.sqrt(len(query))
        shares = np.exp(scores) / np.exp(scores).sum()
        read = sum(share * (weights["value.weight"] @ state[place]) for share, state in zip(shares, lower, strict=True))
        assert np.allclose(found[place], last[place] + read, atol=1e-5)


def test_heads_read_it(attending):
    model, batch, states = attending
    read = []
    model.classifier.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    outputs = model(**batch)
    assert outputs.hidden_states is None
    assert read[0].shape == states[-1].shape and not torch.allclose(read[0], states[-1], atol=1e-3)


def test_a_training_begins_with_what_the_encoder_gives(worker):
    job = worker.job()
    torch.manual_seed(0)
    plain = training_setup(job)
    changed = training_setup(replace(job, methods=(made("layer-attention"),)))
    changed.model.load_state_dict(plain.model.state_dict(), strict=False)
    batch = plain.collate([plain.train[i] for i in range(4)])
    one, other = (each.model.eval()(**batch).logits for each in (plain, changed))
    assert torch.allclose(one, other, atol=1e-6)


def test_it_is_learnt_and_read_again_for_evaluation(worker):
    method = made("layer-attention")
    job = worker.job(**RECIPE)
    train(replace(job, methods=(method,)))
    learnt = load_file(job.folder / "model" / "model.safetensors")["layer_attention.value.weight"]
    assert learnt.abs().max() > 0
    model, tokenizer = load_finetuned(job.folder / "model", Classify.head, None, methods=(made("layer-attention"),))
    features = job.kind.features(worker.rows["dev"], tokenizer, job.recipe, train=False)
    with_it = forward(job.kind, model, tokenizer, features, job.recipe)
    torch.nn.init.zeros_(model.layer_attention.value.weight)
    without = forward(job.kind, model, tokenizer, features, job.recipe)
    assert len(with_it[0]) == 1 and abs(with_it[0][0] - without[0][0]).max() > 1e-4


def test_a_killed_training_comes_to_the_same(worker, monkeypatch):
    worker.methods = (made("layer-attention"),)
    check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6)


def test_in_a_mixture_each_head_has_its_own_and_the_body_alone_is_handed_on(worker, monkeypatch):
    worker.methods = (made("layer-attention"),)
    whole = check_resumed(lambda name: mixed(worker, MOOD, SIZE, name=name, epochs=1), monkeypatch, 3)
    assert not [name for name in whole if "attention.value" in name and "layer_attention" in name]


def test_in_a_mixture_the_shared_body_is_read_through_the_attention_of_the_task(worker):
    worker.methods = (made("layer-attention"),)
    model = multitask_setup(mixed(worker, MOOD, SIZE)).model.eval()
    tasks = {name: model.of(name) for name in ("mood", "size")}
    _, tokenizer = load_body(worker.start)
    batch = tokenizer("a fine day", return_tensors="pt")
    before = {name: each(**batch).logits for name, each in tasks.items()}
    torch.nn.init.normal_(tasks["size"].layer_attention.value.weight)
    after = {name: each(**batch).logits for name, each in tasks.items()}
    assert torch.equal(before["mood"], after["mood"]) and not torch.allclose(before["size"], after["size"])


def test_a_pooler_reads_it_too(worker, tmp_path):
    import transformers

    config = transformers.BertConfig(
        vocab_size=16000, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        initializer_range=0.2, pad_token_id=1,
    )  # fmt: skip
    worker.start = save_encoder("AutoModel", tmp_path / "bert", config)
    model = training_setup(replace(worker.job(), methods=(made("layer-attention"),))).model.eval()
    batch = {"input_ids": torch.tensor([[0, 5, 2]]), "attention_mask": torch.ones(1, 3).long()}
    before = model(**batch).logits
    torch.nn.init.normal_(model.layer_attention.value.weight)
    assert not torch.allclose(before, model(**batch).logits)
