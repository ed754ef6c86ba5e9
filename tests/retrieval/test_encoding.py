"""Sentence vectors of tiny random encoders against the full forward pass."""

import numpy as np
import pytest
import torch
import transformers

from xh.mini import ENCODER
from xh.model.body import body_of, by_onednn, truncated
from xh.model.pooling import special_ids
from xh.retrieval import encode, encode_layers, encoding
from xh.retrieval.encoding import batches
from xh.spec import MissingError

SENTENCES = ["a b c", "z", "", "q w e r t y u i o p", "a b c", "m n"]


def _full_pass(model, tokenizer, sentence, layer):
    """H[layer] of one sentence [length, d] out of all hidden states."""
    encoder = body_of(model).eval()
    ids = torch.tensor([tokenizer(sentence)["input_ids"]])
    with torch.no_grad():
        states = encoder(input_ids=ids, output_hidden_states=True).hidden_states[layer][0].numpy()
    model.train()
    return states


@pytest.mark.parametrize("layer", [0, 1, 2, 3, None])
@pytest.mark.parametrize("batch_tokens", [1, 12, None])
def test_early_stop_equals_the_full_pass(body, tokenizer, layer, batch_tokens):
    vectors = encode(body, SENTENCES, layer=layer, dtype="float32", tokenizer=tokenizer, batch_tokens=batch_tokens)
    states = [_full_pass(body, tokenizer, sentence, -1 if layer is None else layer) for sentence in SENTENCES]
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [tokens.mean(axis=0) for tokens in states], atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "words"])
def test_all_layers_come_from_one_pass_as_each_of_them_alone(body, tokenizer, pooling):
    calls, options = [], {"dtype": "float32", "tokenizer": tokenizer, "pooling": pooling}
    handle = body_of(body).register_forward_pre_hook(lambda *_: calls.append(1))
    found = encode_layers(body, SENTENCES, batch_tokens=1000, **options)
    handle.remove()
    assert found.shape == (4, len(SENTENCES), 16) and len(calls) == 1
    for layer, vectors in enumerate(found):
        np.testing.assert_allclose(vectors, encode(body, SENTENCES, layer=layer, **options), atol=1e-5)


def test_vectors_go_where_they_are_wanted(body, tokenizer, tmp_path):
    plain = encode(body, SENTENCES, layer=2, dtype="float32", tokenizer=tokenizer)
    wanted = np.memmap(tmp_path / "vectors", np.float32, "w+", shape=plain.shape)
    assert encode(body, SENTENCES, layer=2, dtype="float32", tokenizer=tokenizer, out=wanted) is wanted
    np.testing.assert_array_equal(wanted, plain)


def test_onednn_gives_the_same_vectors(body, tokenizer, monkeypatch):
    found = []
    for fast in (True, False):
        monkeypatch.setattr(encoding, "fast_onednn", lambda device, fast=fast: fast)
        found.append(encode(body, SENTENCES, layer=2, dtype="float32", tokenizer=tokenizer))
    np.testing.assert_allclose(*found, atol=1e-5)
    states = [_full_pass(body, tokenizer, sentence, 2) for sentence in SENTENCES]  # of the same model
    np.testing.assert_allclose(found[0], [tokens.mean(axis=0) for tokens in states], atol=1e-5)


def test_onednn_multiplies_in_a_copy_that_shares_the_weights():
    whole = transformers.AutoModel.from_config(_config()).eval()
    copy = by_onednn(whole)
    assert {id(weight) for weight in copy.parameters()} == {id(weight) for weight in whole.parameters()}
    assert all(type(module) is not torch.nn.Linear for module in copy.modules())
    assert any(type(module) is torch.nn.Linear for module in whole.modules())


def test_poolings(body, tokenizer):
    states = [_full_pass(body, tokenizer, sentence, 2) for sentence in SENTENCES]
    expected = {
        "mean": [tokens.mean(axis=0) for tokens in states],
        "inner": [tokens[1:-1].mean(axis=0) if len(tokens) > 2 else 0 * tokens[0] for tokens in states],
        "cls": [tokens[0] for tokens in states],
        "last": [tokens[-1] for tokens in states],
    }
    for pooling, vectors in expected.items():
        found = encode(body, SENTENCES, layer=2, pooling=pooling, dtype="float32", tokenizer=tokenizer)
        np.testing.assert_allclose(found, vectors, atol=1e-5, err_msg=pooling)


def test_words_are_all_tokens_but_the_special_ones(body, tokenizer):
    sentence = f"a b {tokenizer.sep_token} c"
    tokens = tokenizer(sentence)["input_ids"]
    words = [place for place, token in enumerate(tokens) if token not in special_ids(tokenizer).tolist()]
    states = _full_pass(body, tokenizer, sentence, 2)
    found = encode(body, [sentence], layer=2, pooling="words", dtype="float32", tokenizer=tokenizer)
    assert len(words) < len(tokens) - 2
    np.testing.assert_allclose(found[0], states[words].mean(axis=0), atol=1e-5)


def test_layers_above_are_not_run(body, tokenizer):
    ran = []
    layers = [name for name, _ in body.named_modules() if name.startswith("encoder.layer.") and name.count(".") == 2]
    hooks = [body.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name)) for name in layers]
    encode(body, ["a b"], layer=2, dtype="float32", tokenizer=tokenizer)
    for hook in hooks:
        hook.remove()
    assert ran == layers[:2]


def test_the_model_stays_as_it_is(body, tokenizer):
    before = {name: weight.clone() for name, weight in body.state_dict().items()}
    encode(body, SENTENCES, layer=1, dtype="bfloat16", tokenizer=tokenizer)
    after = body.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert all(module.training for module in body.modules())
    assert all(weight.requires_grad for weight in body.parameters())


def test_truncation_shares_the_weights():
    whole = transformers.AutoModel.from_config(_config())
    part = truncated(whole, 1)
    assert (len(part.encoder.layer), len(whole.encoder.layer)) == (2, 3)  # H[1] is what the second one is given
    assert {id(weight) for weight in part.parameters()} < {id(weight) for weight in whole.parameters()}


def _config(num_hidden_layers=3):
    return transformers.BertConfig(
        vocab_size=30, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=num_hidden_layers
    )


def test_every_distinct_sentence_is_encoded_once(tokenizer):
    model = transformers.AutoModel.from_config(_config())
    seen = []
    model.embeddings.register_forward_hook(lambda *call: seen.append(call[-1].shape[0]))
    vectors = encode(model, ["a", "b", "a", "a"], tokenizer=tokenizer)
    assert sum(seen) == 2
    assert (vectors[0] == vectors[2]).all()
    assert (vectors[0] != vectors[1]).any()


def test_bfloat16_is_near(body, tokenizer):
    exact, rough = (encode(body, SENTENCES, dtype=dtype, tokenizer=tokenizer) for dtype in ("float32", "bfloat16"))
    assert rough.dtype == np.float32
    cosine = (exact * rough).sum(axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rough, axis=1)
    assert cosine.min() > 0.99


def test_no_sentences(body, tokenizer):
    assert encode(body, [], tokenizer=tokenizer).shape == (0, 16)


def test_long_sentences_are_cut(body, tokenizer):
    cut = encode(body, ["a b c d e f"], max_length=5, dtype="float32", tokenizer=tokenizer)
    np.testing.assert_allclose(cut, encode(body, ["a b c"], dtype="float32", tokenizer=tokenizer), atol=1e-5)


def test_longer_than_the_positions(body, tokenizer):
    """40 positions hold 40 tokens in BERT and 38 in XLM-R; the others have more, or no limit."""
    assert np.isfinite(encode(body, ["a " * 200], tokenizer=tokenizer)).all()


def test_from_a_folder_without_pooler(tmp_path, tokenizer):
    model = transformers.BertForMaskedLM(_config()).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = encode(tmp_path, SENTENCES, layer=2, dtype="float32")
    np.testing.assert_allclose(found, encode(str(tmp_path), SENTENCES, layer=2, dtype="float32"), atol=0)
    np.testing.assert_allclose(
        found, encode(model, SENTENCES, layer=2, dtype="float32", tokenizer=tokenizer), atol=1e-5
    )


def test_names_are_those_of_the_command_line():
    assert np.array_equal(encode("mini", SENTENCES, layer=1), encode(ENCODER, SENTENCES, layer=1))
    with pytest.raises(MissingError, match=r"Encoder \./nowhere: there is no such folder"):
        encode("./nowhere", SENTENCES)


def test_a_hub_id_that_is_not_there_is_one_error(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError, match="org/nothing@" + "0" * 12 + " is not in the cache"):
        encode("org/nothing@" + "0" * 40, SENTENCES)


def test_a_folder_that_lacks_a_layer(tmp_path, tokenizer):
    transformers.BertModel(_config()).save_pretrained(tmp_path)
    _config(num_hidden_layers=4).save_pretrained(tmp_path)
    with pytest.raises(MissingError, match=r"missing: .*encoder\.layer"):
        encode(tmp_path, SENTENCES, tokenizer=tokenizer)


@pytest.mark.parametrize("layer", [-1, 4])
def test_layer_out_of_range(body, tokenizer, layer):
    with pytest.raises(ValueError, match=rf"layer {layer} does not exist: .*layers 0 .* to 3"):
        encode(body, ["a"], layer=layer, tokenizer=tokenizer)


def test_what_else_is_refused(tokenizer):
    model = transformers.AutoModel.from_config(_config())
    with pytest.raises(ValueError, match="choose one of mean, inner, words, cls, last"):
        encode(model, ["a"], pooling="max", tokenizer=tokenizer)
    with pytest.raises(ValueError, match="choose one of auto, float32"):
        encode(model, ["a"], dtype="int8", tokenizer=tokenizer)
    with pytest.raises(ValueError, match="tokenizer="):
        encode(model, ["a"])


def test_progress_counts_distinct_sentences(body, tokenizer):
    seen = []
    texts = ["a b", "c", "a b", "d e f"]
    encode(body, texts, tokenizer=tokenizer, batch_tokens=1, progress=lambda *counts: seen.append(counts))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_batches():
    assert list(batches([2, 5, 1, 5, 3], 10)) == [[1, 3], [4, 0, 2]]
    assert list(batches([7, 20], 10)) == [[1], [0]]
    assert list(batches([], 10)) == []
