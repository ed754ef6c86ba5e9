"""Attention for training on a CPU, where PyTorch spends most of its time on drawing what dropout leaves out.

PyTorch draws a float for each weight; here it is sixteen bits. The probability is met to 1/65,536.
"""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from xh.retrieval.precision import working_device

NAME = "xh_cpu"
LEVELS = 2**16


def quicken(model: Any) -> None:
    """Have a model that uses PyTorch's attention use :func:`attention` instead; the same in distribution."""
    if working_device().type == "cpu" and model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, attention)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        model.set_attn_implementation(NAME)


def attention(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: Any,
    dropout: float = 0.0, scaling: float | None = None, **others: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """As transformers' attention functions: three of (batch, heads, length, width) give (batch, length, heads, width).

    Without dropout, and for a decoder's or a relative attention, it is PyTorch's.
    """
    plain = not getattr(module, "is_causal", True) and key.shape == query.shape and others.get("position_bias") is None
    if not dropout or not plain:
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return found
    scores = query * (scaling or query.shape[-1] ** -0.5) @ key.transpose(2, 3)
    if attention_mask is not None:
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(-1)
    return (weights * factors(weights, dropout) @ value).transpose(1, 2).contiguous(), None


def factors(weights: torch.Tensor, dropout: float) -> torch.Tensor:
    """What dropout multiplies each weight by: 0, or as much as keeps the mean."""
    drawn = torch.empty(-(-weights.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    lowest = round(dropout * LEVELS)
    kept = drawn[: weights.numel()].view(weights.shape) >= lowest - LEVELS // 2
    return kept.to(weights.dtype).mul_(LEVELS / (LEVELS - lowest))
