"""What of an encoder decides how much memory it takes: its weights, its widths, and how many layers it has."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from xh.data.headers import DEPTH, files
from xh.data.sizes import EMBEDDINGS, size, tensors
from xh.plugins.registry import Registry

INNER = ("intermediate_size", "d_ff")
HEADS = ("num_attention_heads", "num_heads")
GATES = ("gate_proj.weight", "wi_1.weight")
"""Weights of a feed-forward layer that multiplies two projections of its input."""
BYTES = {"BF16": 2, "F16": 2}


class Outline(Struct, frozen=True, kw_only=True):
    """Weights: ``parameters`` in all, in the input ``embedding``, in linear layers, and what LoRA of rank one adds.

    Widths: ``hidden``, and ``inner`` that of the feed-forward layer, twice where that has a gate. ``file``: the bytes
    of the weights as they lie on the disk.
    """

    parameters: int
    embedding: int
    linear: int
    beside: int
    layers: int
    hidden: int
    inner: int
    heads: int
    file: int


def outlined(folder: Path, config: Mapping[str, Any]) -> Outline | None:
    """That of the encoder in a folder, by its config and the headers of its weights; None where it says too little."""
    found = {name: each for path in files(folder) for name, each in tensors(path).items()}
    matrices = [shape for name, (_, shape) in found.items() if len(shape) == 2 and "embed" not in name]
    gated = any(name.endswith(GATES) for name in found)
    return _outline(
        config,
        gated,
        parameters=sum(math.prod(shape) for _, shape in found.values()),
        embedding=max((math.prod(shape) for name, (_, shape) in found.items() if name.endswith(EMBEDDINGS)), default=0),
        linear=sum(map(math.prod, matrices)),
        beside=sum(map(sum, matrices)),
        file=sum(BYTES.get(dtype, 4) * math.prod(shape) for dtype, shape in found.values()),
    )


def recorded(name: str, config: Mapping[str, Any], known: Registry) -> Outline | None:
    """That of an encoder whose weights are not here, by its config and record; None where these say too little."""
    sized = size(name, None, config, known)
    if not (sized.parameters and sized.embedding and sized.hidden):
        return None
    linear = sized.parameters - sized.embedding
    return _outline(
        config,
        "silu" in str(config.get("hidden_act")),
        parameters=sized.parameters,
        embedding=sized.embedding,
        linear=linear,
        beside=3 * linear // sized.hidden,
        file=4 * sized.parameters,
    )


def _outline(config: Mapping[str, Any], gated: bool, **counted: int) -> Outline | None:
    config = {**config, **(config.get("text_config") or {})}
    layers, inner, heads = (next((config[key] for key in keys if config.get(key)), 0) for keys in (DEPTH, INNER, HEADS))
    hidden = config.get("hidden_size") or config.get("d_model") or 0
    if not all(isinstance(each, int) and each for each in (layers, inner, heads, hidden)):
        return None
    return Outline(layers=layers, hidden=hidden, inner=inner * (2 if gated else 1), heads=heads, **counted)
