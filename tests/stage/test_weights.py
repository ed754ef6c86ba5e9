"""Every weight of a body is accounted for."""

import json
import re

import pytest
import torch
import transformers
from safetensors.torch import load_file

from helpers.tiny_encoders import CONFIG, change_weights, save_encoder
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.model.heads import with_new_head
from xh.model.weights import load_body, load_finetuned, load_for_training
from xh.spec import MissingError
from xh.training.trainer import train

QUERY = "encoder.layer.1.attention.self.query.weight"
OPTIONS = {"id2label": {0: "good", 1: "bad"}, "label2id": {"good": 0, "bad": 1}}


def build(kind):
    """A function from a body to a model with the kind's head."""
    return lambda body: with_new_head(kind.head, body, OPTIONS)


def body_weights(folder):
    """The body's tensors in a checkpoint, by their names in the body."""
    weights = load_file(folder / "model.safetensors")
    return {name.removeprefix("roberta."): weight for name, weight in weights.items() if "lm_head" not in name}


def assert_holds(body, weights):
    state = {name: weight for name, weight in body.state_dict().items() if not name.startswith("pooler.")}
    expected = {name: weight for name, weight in weights.items() if not name.startswith(("pooler.", "classifier."))}
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize("kind", ["AutoModel", "AutoModelForMaskedLM"])
def test_the_body_is_the_files(encoders, kind):
    """With a pooler and without a head, or without a pooler and with a head."""
    body, tokenizer = load_body(encoders[kind])
    assert_holds(body, body_weights(encoders[kind]))
    assert tokenizer.is_fast
    assert {weight.dtype for weight in body.parameters()} == {torch.float32}


@pytest.mark.parametrize("kind", ["AutoModel", "AutoModelForMaskedLM"])
@pytest.mark.parametrize("head", [Classify, Span])
def test_below_a_new_head_the_body_is_the_files(encoders, kind, head):
    model, _ = load_for_training(encoders[kind], build(head))
    assert_holds(model.base_model, body_weights(encoders[kind]))


def test_half_precision_weights_are_taken_in_float32(encoders, tmp_path):
    folder = change_weights(
        encoders, tmp_path, lambda weights: {name: weight.half() for name, weight in weights.items()}
    )
    body, _ = load_body(folder)
    assert_holds(body, {name: weight.float() for name, weight in body_weights(folder).items()})


def drop(name):
    return lambda weights: {other: weight for other, weight in weights.items() if not other.endswith(name)}


def rename(prefix):
    return lambda weights: {name.replace("roberta.", prefix): weight for name, weight in weights.items()}


def another_layer(weights):
    return weights | {name.replace("layer.1.", "layer.2."): weight.clone() for name, weight in weights.items()}


DAMAGES = {
    "a removed weight": (drop(QUERY), f"missing: {QUERY}"),
    "a removed layer": (lambda w: {n: t for n, t in w.items() if "layer.1." not in n}, "missing: encoder.layer.1."),
    "a layer more": (another_layer, "unexpected: roberta.encoder.layer.2."),
    "another prefix": (rename("encoder_q."), "missing: "),
    "a nested prefix": (rename("roberta.roberta."), "missing: "),
}


@pytest.mark.parametrize(("edit", "named"), DAMAGES.values(), ids=DAMAGES)
def test_a_checkpoint_that_does_not_fit_its_config_is_refused_by_name(encoders, tmp_path, edit, named):
    folder = change_weights(encoders, tmp_path, edit)
    for load in (load_body, lambda folder: load_for_training(folder, build(Classify))):
        with pytest.raises(MissingError, match="are not those of its config") as caught:
            load(folder)
        assert named in caught.value.why
        assert re.search(r"(encoder\.layer\.|embeddings\.)\S+\.(weight|bias)", caught.value.why)
        assert caught.value.todo


def test_another_architectures_weights_are_refused(encoders, tmp_path):
    shape = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    config = transformers.BertConfig(**{name: getattr(CONFIG, name) for name in shape})
    folder = save_encoder("AutoModelForMaskedLM", tmp_path / "bert", config)
    (folder / "config.json").write_text((encoders["AutoModel"] / "config.json").read_text())
    with pytest.raises(MissingError, match="are not those of its config") as caught:
        load_body(folder)
    assert "missing: embeddings.LayerNorm.bias" in caught.value.why


def test_weights_of_another_width_are_refused(encoders, tmp_path):
    wider = transformers.XLMRobertaConfig(**{**CONFIG.to_dict(), "hidden_size": 32})
    folder = save_encoder("AutoModel", tmp_path / "wide", wider)
    (folder / "config.json").write_text((encoders["AutoModel"] / "config.json").read_text())
    with pytest.raises(MissingError, match="are not those of its config") as caught:
        load_body(folder)
    assert "different shapes: embeddings.LayerNorm.bias [32], not [16], " in caught.value.why


@pytest.mark.parametrize(("name", "text"), [
    ("model.safetensors", "no weights"), ("config.json", "{"), ("config.json", '{"model_type": "unheard-of"}'),
    ("tokenizer.json", "{"),
])  # fmt: skip
def test_a_damaged_file_is_no_crash(encoders, tmp_path, name, text):
    folder = change_weights(encoders, tmp_path, lambda weights: weights)
    (folder / name).write_text(text)
    with pytest.raises(MissingError) as caught:
        load_body(folder)
    assert str(folder) in caught.value.what
    assert caught.value.why


def test_after_an_intermediate_task_the_body_is_the_trained_one_and_the_head_is_new(worker):
    job = worker.job()
    train(job)
    trained = load_file(job.folder / "model" / "model.safetensors")
    before = body_weights(worker.start)
    body = {name.removeprefix("roberta."): w for name, w in trained.items() if not name.startswith("classifier.")}
    assert not torch.equal(body[QUERY], before[QUERY])

    model, _ = load_for_training(job.folder / "model", build(Classify))
    assert_holds(model.base_model, body)
    assert not torch.equal(model.classifier.out_proj.weight, trained["classifier.out_proj.weight"])

    model, _ = load_for_training(job.folder / "model", build(Span))
    assert_holds(model.base_model, body)


def test_a_finetuned_model_is_loaded_with_its_head(worker):
    job = worker.job()
    train(job)
    model, _ = load_finetuned(job.folder / "model", Classify.head, build(Classify))
    trained = load_file(job.folder / "model" / "model.safetensors")
    assert model.state_dict().keys() == trained.keys()
    assert all(torch.equal(weight, trained[name]) for name, weight in model.state_dict().items())
    assert model.config.id2label == {0: "good", 1: "bad"}
    with pytest.raises(MissingError, match="is not a complete AutoModelForQuestionAnswering"):
        load_finetuned(job.folder / "model", Span.head, build(Span))


def test_an_encoder_is_not_taken_for_a_finetuned_model(encoders):
    with pytest.raises(MissingError, match=r"classifier\.dense\.bias"):
        load_finetuned(encoders["AutoModelForMaskedLM"], Classify.head, build(Classify))


def test_weights_that_are_no_numbers_are_refused(encoders, tmp_path):
    def spoilt(weights):
        return {name: weight * float("nan") if name.endswith(QUERY) else weight for name, weight in weights.items()}

    with pytest.raises(MissingError, match="are not finite"):
        load_body(change_weights(encoders, tmp_path, spoilt))


def test_quantised_weights_are_refused(encoders, tmp_path):
    folder = change_weights(
        encoders, tmp_path, lambda weights: {name: weight.to(torch.int8) for name, weight in weights.items()}
    )
    with pytest.raises(MissingError, match="are whole numbers of 8 bits"):
        load_body(folder)


def test_a_tokenizer_of_a_larger_vocabulary_is_refused(encoders, tmp_path):
    folder = change_weights(encoders, tmp_path, lambda weights: weights)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    more = {f"word{i}": 10**5 + i for i in range(3)}
    tokenizer["model"]["vocab"] = (
        vocabulary | more
        if isinstance(vocabulary, dict)
        else [*vocabulary, *([f"word{i}", -9.0] for i in range(10**5))]
    )
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(MissingError, match="is not that of its weights"):
        load_body(folder)
