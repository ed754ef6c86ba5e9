"""Attention with dropout that is drawn sixteen bits at a time: the weights are those of PyTorch's."""

import pytest
import torch
from transformers import AutoModel, XLMRobertaConfig

from xh.model import attention
from xh.model.attention import factors, quicken
from xh.model.body import inferring


@pytest.fixture
def model():
    torch.manual_seed(1)
    config = XLMRobertaConfig(
        vocab_size=50, max_position_embeddings=900,
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.3,
    )  # fmt: skip
    return AutoModel.from_config(config)


@pytest.fixture
def batch():
    mask = torch.ones(3, 12, dtype=torch.long)
    mask[1, 7:] = mask[2, 3:] = 0
    return {"input_ids": torch.arange(36).view(3, 12) + 3, "attention_mask": mask}


@pytest.fixture(autouse=True)
def device(monkeypatch):
    monkeypatch.setattr(attention, "working_device", lambda: torch.device("cpu"))


def outputs(model, batch):
    return model(**batch).last_hidden_state[batch["attention_mask"].bool()]


@pytest.mark.parametrize("padded", [True, False])
def test_with_nothing_left_out_the_outputs_and_gradients_are_pytorchs(model, batch, monkeypatch, padded):
    if not padded:
        batch["attention_mask"][:] = 1

    def run():
        found = outputs(model.train(), batch)
        (found * torch.linspace(-1, 1, found.numel()).view_as(found)).sum().backward()
        gradients = [weight.grad.clone() for weight in model.parameters() if weight.grad is not None]
        model.zero_grad()
        return found.detach(), gradients

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", undropped())
    plain, slopes = run()
    monkeypatch.setattr(attention, "factors", lambda weights, dropout: torch.ones_like(weights))
    quicken(model)
    found, own = run()
    torch.testing.assert_close(found, plain, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(own, slopes, rtol=1e-4, atol=1e-5)
    assert max(slope.abs().max() for slope in slopes) > 1


def undropped():
    """PyTorch's attention, as if nothing were left out in training."""
    attend = torch.nn.functional.scaled_dot_product_attention
    return lambda *args, dropout_p=0.0, **options: attend(*args, dropout_p=0.0, **options)


def test_outside_training_it_is_pytorchs(model, batch):
    plain = outputs(model.eval(), batch)
    quicken(model)
    assert torch.equal(outputs(model, batch), plain)


@pytest.mark.parametrize("weights", [1, 2**8, 2**30])
@pytest.mark.parametrize("masked", [True, False])
def test_products_of_any_size_give_pytorchs_attention(monkeypatch, weights, masked):
    monkeypatch.setattr(attention, "WEIGHTS", weights)
    query, key, value = torch.randn(3, 5, 2, 9, 4).unbind()
    padding = (torch.arange(9) < torch.tensor([9, 3, 1, 8, 5])[:, None])[:, None, None].expand(5, 1, 9, 9)
    for mask in (padding, padding & torch.ones(9, 9).tril(2).bool()) if masked else (None,):
        plain = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.3)
        found = attention.by_products(query, key, value, mask, 0.3)
        torch.testing.assert_close(found, plain.transpose(1, 2), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("faster", "length", "used"), [(True, 12, True), (True, 800, False), (False, 12, False)])
def test_inputs_in_bfloat16_take_the_faster_way_and_give_the_same(model, monkeypatch, faster, length, used):
    masks, plain = [], attention.by_products
    monkeypatch.setattr(attention, "_measured", lambda: faster)
    monkeypatch.setattr(attention, "by_products", lambda *given: masks.append(given[3]) or plain(*given))
    padding = torch.ones(2, length, dtype=torch.long)
    padding[1, 5:] = 0
    batch = {"input_ids": torch.arange(2 * length).view(2, -1) % 40 + 3, "attention_mask": padding}
    half = model.eval().to(torch.bfloat16)
    with torch.no_grad():
        before = outputs(half, batch)
    with inferring(half):
        found = outputs(half, batch)
    assert len(masks) == (2 if used else 0)
    assert all(mask.stride(2) == 0 for mask in masks), "one row is enough where only padding is left out"
    assert half.config._attn_implementation == "sdpa"
    torch.testing.assert_close(found, before, atol=0.05, rtol=0.05)


def test_in_training_the_mean_over_many_draws_is_that_of_pytorch(model, batch):
    def mean():
        with torch.no_grad():
            return torch.stack([outputs(model.train(), batch) for _ in range(200)]).mean(0)

    plain = mean()
    quicken(model)
    spread = torch.stack([outputs(model, batch).detach() for _ in range(50)]).std(0).mean()
    assert spread > 0
    assert (mean() - plain).abs().mean() < 0.15 * spread


def test_the_same_seed_draws_the_same(model, batch):
    def run(seed):
        torch.manual_seed(seed)
        return outputs(model.train(), batch)

    quicken(model)
    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))


@pytest.mark.parametrize("dropout", [0.1, 0.5])
def test_factors_leave_out_the_asked_share_and_keep_the_mean(dropout):
    torch.manual_seed(0)
    found = factors(torch.ones(4, 3, 101, 103), dropout)
    assert found.unique().tolist() == [0, pytest.approx(1 / (1 - dropout), rel=1e-4)]
    assert float((found == 0).float().mean()) == pytest.approx(dropout, abs=0.005)
    assert float(found.mean()) == pytest.approx(1, abs=0.005)


def test_an_encoder_for_a_gpu_keeps_its_own(model, monkeypatch):
    monkeypatch.setattr(attention, "working_device", lambda: torch.device("cuda"))
    quicken(model)
    assert model.config._attn_implementation == "sdpa"


def test_what_is_saved_does_not_name_it(model, tmp_path):
    quicken(model)
    assert model.config._attn_implementation == attention.NAME
    model.save_pretrained(tmp_path)
    assert attention.NAME not in (tmp_path / "config.json").read_text()
    assert AutoModel.from_pretrained(tmp_path).config._attn_implementation == "sdpa"
