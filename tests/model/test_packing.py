"""Batches without padding give what padded ones give, from the hidden states to the gradients, or are not made."""

import sys
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from test_backbones import ROWS, build, task

from helpers.backbones import thin
from xh.kinds.base import kind_of
from xh.model import packing
from xh.model.body import body_of, hidden_state, inferring
from xh.model.collate import collate
from xh.model.weights import load_body, load_for_training
from xh.retrieval import encode, encode_layers
from xh.spec import SpanTraining
from xh.spec.examples import Examples

PACKED = ("bert", "xlm-roberta", "xlm-roberta-xl", "eurobert", "qwen3", "llama")
LENGTHS = [9, 3, 1, 6]


@pytest.fixture(autouse=True)
def wanted(monkeypatch):
    monkeypatch.setenv(packing.PACK, "1")


def batch(tokenizer):
    draw = torch.Generator().manual_seed(1)
    rows = [torch.randint(5, 300, (length,), generator=draw).tolist() for length in LENGTHS]
    rows[0][4] = tokenizer.pad_token_id  # RoBERTa doesn't count it
    given = collate(tokenizer, [{"input_ids": row} for row in rows])
    return given["input_ids"], given["attention_mask"]


def states(body, ids, mask):
    return [hidden_state(body, layer, ids, mask)[mask.bool()] for layer in (0, 1, 3)]


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", thin("bert", "xlm-roberta", of=PACKED))
def test_the_hidden_states_are_those_of_padded_batches(backbone, name):
    body, tokenizer = load_body(backbone(name))
    ids, mask = batch(tokenizer)
    rows = []
    with packing.resting(body):
        padded = states(body, ids, mask)
    layers = [each for each in body.modules() if type(each) is torch.nn.Linear]
    hook = layers[0].register_forward_pre_hook(lambda _, given: rows.append(given[0].shape[:2]))
    with inferring(body):
        close(states(body, ids, mask), padded)
    hook.remove()
    assert rows.count((1, sum(LENGTHS))) == 2  # H[0] needs no layer
    with packing.resting(body):
        assert all(map(torch.equal, states(body, ids, mask), padded))  # as before


@pytest.mark.parametrize("name", thin("bert", "xlm-roberta", of=PACKED))
@pytest.mark.parametrize("kind", ["classify", "tag", "choice"])
def test_losses_logits_and_gradients_are_those_of_padded_batches(backbone, name, kind):
    model, tokenizer = load_for_training(backbone(name), build(kind))
    features = kind_of(task(kind)).features(Examples(ROWS[kind], "t"), tokenizer, SpanTraining(), train=True)
    given = collate(tokenizer, [features[0], features[1]])
    assert not given["attention_mask"].all()

    def run():
        model.eval().zero_grad()
        found = model(**given)
        found.loss.backward()
        slopes = {key: weight.grad.clone() for key, weight in model.named_parameters() if weight.grad is not None}
        mask = given["labels"] >= 0 if kind == "tag" else ...
        return found.loss.detach(), found.logits.detach()[mask], slopes

    expected = run()
    assert packing.pack(body_of(model))
    close(run(), expected)


@pytest.mark.parametrize("name", thin("modernbert", "mt5", of=["modernbert", "mt5", "gemma3", "deberta-v2", "rembert"]))
def test_a_body_that_would_not_heed_it_has_padded_batches(backbone, name):
    body, _ = load_body(backbone(name))
    before = body.config._attn_implementation
    assert packing.pack(body) is None
    assert body.config._attn_implementation == before and not body._forward_pre_hooks


@pytest.mark.parametrize("name", ["bert", "xlm-roberta"])
def test_attention_to_the_whole_row_is_noticed(backbone, monkeypatch, name):
    monkeypatch.setattr(packing, "attention", packing.sdpa_attention_forward)
    assert packing.pack(load_body(backbone(name))[0]) is None


def test_positions_that_go_on_through_the_row_are_noticed(backbone, monkeypatch):
    monkeypatch.setattr(packing, "_positions", lambda body, ids: torch.arange(ids.numel()).view(ids.shape))
    assert packing.pack(load_body(backbone("bert"))[0]) is None


def test_sentence_vectors_are_those_of_padded_batches(backbone, monkeypatch):
    texts, folder = ["one", "two words and more of them", "a", "three, four and five"], str(backbone("xlm-roberta"))

    def vectors():
        layers = encode_layers(folder, texts, dtype="float32", pooling="words")
        return np.stack([encode(folder, texts, layer=layer, dtype="float32") for layer in (1, 3)]), layers

    monkeypatch.setattr(packing, "_padded", Mock(wraps=packing._padded))
    packed = vectors()
    called = packing._padded.call_count
    monkeypatch.setenv(packing.PACK, "0")
    for found, expected in zip(packed, vectors(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert called == packing._padded.call_count == 3 * 3 + 2  # trials, and batches that are run to the end


def varlen(
    q, k, v, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p=0.0, softmax_scale=None, causal=False
):
    """What flash-attention's function of the name is documented to compute, of three of [tokens, heads, width]."""
    assert torch.equal(cu_seqlens_q, cu_seqlens_k) and cu_seqlens_q.dtype == torch.int32 and q.dtype == v.dtype
    assert max_seqlen_q == max_seqlen_k == cu_seqlens_q.diff().max()
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            *(each[begin:end].transpose(0, 1) for each in (q, k, v)),
            dropout_p=dropout_p, scale=softmax_scale, is_causal=causal, enable_gqa=True,
        ).transpose(0, 1)
        for begin, end in pairwise(cu_seqlens_q)
    ]  # fmt: skip
    return torch.cat(parts)


@pytest.mark.parametrize("causal", [True, False])
def test_the_kernel_is_given_what_it_takes(monkeypatch, causal):
    monkeypatch.setitem(sys.modules, "flash_attn", SimpleNamespace(flash_attn_varlen_func=varlen))
    torch.manual_seed(1)
    given = [torch.randn(1, heads, 19, 8) for heads in (4, 2, 2)]
    layer = SimpleNamespace(is_causal=causal, num_key_value_groups=2, training=False)
    bounds = torch.tensor([0, 9, 12, 13, 19], dtype=torch.int32)
    expected, _ = packing.attention(layer, *given, None, scaling=0.3, cu_seq_lens_q=bounds, max_length_q=9)
    close(packing.by_kernel(layer, *given, bounds, 9, 0.0, 0.3), expected)
    rotated = packing.by_kernel(layer, *given[:2], given[2].bfloat16(), bounds, 9, 0.0, 0.3)
    assert rotated.dtype == torch.bfloat16 and torch.allclose(rotated.float(), expected, atol=0.1)


def test_a_gpu_without_the_kernel_has_padded_batches(backbone, monkeypatch):
    monkeypatch.setattr(packing, "working_device", lambda: torch.device("cuda"))
    body, _ = load_body(backbone("xlm-roberta"))
    assert packing.pack(body) is None
    monkeypatch.setattr(packing, "is_flash_attn_2_available", lambda: True)
    assert packing.pack(body)


def test_nothing_is_packed_unasked(monkeypatch, backbone):
    monkeypatch.delenv(packing.PACK)
    assert packing.pack(load_body(backbone("xlm-roberta"))[0]) is None
