"""Attention on a CPU by plain matrix products, where PyTorch's own is slow: with dropout, and in bfloat16.

PyTorch draws a float for every weight that dropout may leave out; here it is sixteen bits, so that the probability is
met to 1/65,536. Its fused kernel multiplies bfloat16 by MKL, which uses little of what AMD's CPUs can do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from xh.model.precision import shortest, working_device

NAME = "xh_cpu"
LEVELS = 2**16
WEIGHTS = 2**19
"""How many are computed at once: so many stay in a core's cache."""


def quicken(model: Any) -> None:
    """Have a model that uses PyTorch's attention use :func:`attention` instead; the same in distribution."""
    if working_device().type == "cpu" and model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, attention)
        AttentionMaskInterface.register(NAME, _mask)
        model.set_attn_implementation(NAME)


@contextmanager
def quickened(model: Any) -> Iterator[None]:
    """:func:`quicken` inside the block."""
    before = model.config._attn_implementation
    quicken(model)
    try:
        yield
    finally:
        if model.config._attn_implementation != before:
            model.set_attn_implementation(before)


def attention(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: Any,
    dropout: float = 0.0, scaling: float | None = None, **others: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """As transformers' attention functions: three of (batch, heads, length, width) give (batch, length, heads, width).

    For a decoder's or a relative attention it is PyTorch's, and where that is as fast.
    """
    plain = not getattr(module, "is_causal", True) and key.shape == query.shape and others.get("position_bias") is None
    if not plain or not (dropout or _is_faster(query)):
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return found
    return by_products(query, key, value, attention_mask, scaling or query.shape[-1] ** -0.5, dropout), None


def by_products(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None, scaling: float,
    dropout: float = 0.0,
) -> torch.Tensor:  # fmt: skip
    """Attention [batch, length, heads, width] of three of [batch, heads, length, width], ``WEIGHTS`` at a time.

    ``mask`` [batch, 1, length, length] says what is attended.
    """
    batch, heads, length, width = query.shape
    distribute = max(1, WEIGHTS // length**2)
    bias = query.new_zeros(batch, 1, 1) if mask is None else _bias(mask[:, 0], query.dtype)
    biases = (bias[rows] for rows in torch.split(torch.arange(batch).repeat_interleave(heads), distribute))
    flat = (torch.split(each.reshape(-1, length, width), distribute) for each in (query, key, value))
    parts = [_attended(q, k, v, added, scaling, dropout) for q, k, v, added in zip(*flat, biases, strict=True)]
    return torch.cat(parts).view(batch, heads, length, width).transpose(1, 2).contiguous()


def _mask(*given: Any, **options: Any) -> Any:
    """As PyTorch's attention is given it; where all tokens attend to the same ones, a row that is there once."""
    mask = sdpa_mask(*given, **options)
    same = mask is not None and bool((mask == mask[:, :, :1]).all())
    return mask[:, :, :1].expand_as(mask) if same else mask


def _bias(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores: of a row that is there once also one."""
    mask = mask[:, :1] if mask.stride(1) == 0 else mask
    return torch.zeros(mask.shape, dtype=dtype).masked_fill_(~mask, torch.finfo(dtype).min)


def _attended(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor, scaling: float, dropout: float
) -> torch.Tensor:
    weights = torch.baddbmm(bias, query, key.transpose(1, 2), alpha=scaling).softmax(-1)
    return (weights * factors(weights, dropout) if dropout else weights) @ value


def factors(weights: torch.Tensor, dropout: float) -> torch.Tensor:
    """What dropout multiplies each weight by: 0, or as much as keeps the mean."""
    drawn = torch.empty(-(-weights.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    lowest = round(dropout * LEVELS)
    kept = drawn[: weights.numel()].view(weights.shape) >= lowest - LEVELS // 2
    return kept.to(weights.dtype).mul_(LEVELS / (LEVELS - lowest))


def _is_faster(query: torch.Tensor) -> bool:
    """Of inputs so long that a head's weights don't fit the cache, it is not."""
    return query.dtype == torch.bfloat16 and query.shape[2] ** 2 <= WEIGHTS and _measured()


@cache
def _measured() -> bool:
    """Whether :func:`by_products` is at least 1.3 times as fast as PyTorch's for bfloat16: once per process."""
    each = torch.ones(16, 12, 64, 64, dtype=torch.bfloat16)
    ours = shortest(lambda: by_products(each, each, each, None, 1.0), each.device)
    return 1.3 * ours < shortest(lambda: functional.scaled_dot_product_attention(each, each, each), each.device)
