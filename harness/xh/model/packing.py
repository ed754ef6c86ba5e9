"""Batches without padding: a body computes all tokens of a batch as one row, where each attends to its own input.

Only the body knows: it is given padded inputs as ever, and gives padded states, zeros where the padding is. On a GPU
flash-attention has a kernel for inputs of all lengths; on a CPU, where it is only for trying it out, they take turns.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from inspect import Parameter, signature
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.utils import is_flash_attn_2_available

from xh.model.attention import NAME as BY_PRODUCTS
from xh.model.precision import working_device

PACK = "XH_PACK"
"""The variable that says 1 for batches without padding."""
NAME = "xh_packed"
MASK = "xh_packed_mask"
BEYOND = ("sliding_window", "softcap", "position_bias", "s_aux")
"""What an attention may be given that is not computed here."""


def wanted() -> bool:
    """Whether batches should have no padding, where that can be."""
    return os.environ.get(PACK) == "1"


def pack(body: PreTrainedModel) -> Callable[[], None] | None:
    """Have a body compute batches without padding where ``XH_PACK=1``; gives what undoes it.

    None where that isn't wanted, or where the body does not then give what it gives for padded batches. Many encoders
    would ignore what they are told of a row's inputs and have every token attend to all.
    """
    before = body.config._attn_implementation
    if not (wanted() and before in ("sdpa", BY_PRODUCTS) and _has_kernel() and _may_be_told(body)):
        return None
    padded = _trial(body)
    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, _mask)
    body.set_attn_implementation(NAME)
    hooks = (
        body.register_forward_pre_hook(_packed, with_kwargs=True),
        body.register_forward_hook(_padded, with_kwargs=True),
    )

    def undo() -> None:
        body.set_attn_implementation(before)
        for hook in hooks:
            hook.remove()

    if _keeps_apart(body, padded):
        return undo
    undo()
    return None


@contextmanager
def packing(body: PreTrainedModel) -> Iterator[None]:
    """:func:`pack` inside the block."""
    undo = pack(body)
    try:
        yield
    finally:
        if undo:
            undo()


@contextmanager
def resting(model: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off inside the block, and each module's training flag back after it."""
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in flags:
            module.training = training


def attention(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: Any,
    dropout: float = 0.0, scaling: float | None = None, cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int = 0, **others: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """As transformers' attention functions: three of (1, heads, tokens, width) give (1, tokens, heads, width).

    ``cu_seq_lens_q`` [inputs + 1] says where in the row each input begins and the last one ends, ``max_length_q`` how
    long the longest is. Without them, it is PyTorch's for padded batches.
    """
    options: dict[str, Any] = {"dropout": dropout, "scaling": scaling}
    if cu_seq_lens_q is None:
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options, **others
        )
        return found
    if any(others.get(name) is not None for name in BEYOND):
        raise _Unpackable
    if query.is_cuda:
        return by_kernel(module, query, key, value, cu_seq_lens_q, max_length_q, **options), None
    inputs = pairwise(cu_seq_lens_q.tolist())
    each = (tuple(states[:, :, begin:end] for states in (query, key, value)) for begin, end in inputs)
    return torch.cat([sdpa_attention_forward(module, *one, None, **options)[0] for one in each], dim=1), None


def by_kernel(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bounds: torch.Tensor, longest: int,
    dropout: float, scaling: float | None,
) -> torch.Tensor:  # fmt: skip
    """:func:`attention` of a row by flash-attention, for all inputs at once (Dao 2023, 2307.08691)."""
    varlen = import_module("flash_attn").flash_attn_varlen_func
    rows = (states[0].transpose(0, 1).to(value.dtype) for states in (query, key, value))
    causal = getattr(module, "is_causal", True)
    options = {"dropout_p": dropout, "softmax_scale": scaling, "causal": causal}
    found: torch.Tensor = varlen(*rows, bounds, bounds, longest, longest, **options)
    return found[None]


def padded(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """States [batch, length, d] of those of a row [1, tokens, d], zeros where the mask is; others as they are."""
    if states.shape[:2] == mask.shape:
        return states
    found = states.new_zeros(*mask.shape, states.shape[-1])
    return found.masked_scatter(mask.bool().unsqueeze(-1), states)


class _Unpackable(Exception):  # noqa: N818  no error: such a body gets padded batches
    pass


def _mask(*given: Any, attention_mask: Any = None, **options: Any) -> Any:
    """As PyTorch's attention is given it; none of a row, whose inputs the attention itself keeps apart."""
    return None if attention_mask is None else sdpa_mask(*given, attention_mask=attention_mask, **options)


def _has_kernel() -> bool:
    return working_device().type == "cpu" or is_flash_attn_2_available()


def _may_be_told(body: PreTrainedModel) -> bool:
    parameters = signature(body.forward).parameters
    return "position_ids" in parameters and any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())


def _packed(body: Any, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[()], dict[str, Any]] | None:
    """The arguments of a padded batch as those of one row; None where it is none."""
    inputs = dict(zip(signature(body.forward).parameters, args, strict=False)) | given
    ids, mask = inputs.get("input_ids"), inputs.pop("attention_mask", None)
    if ids is None or mask is None or mask.shape != ids.shape or not _in_16_bits(body):
        return None
    kept, lengths = mask.bool(), mask.sum(dim=1)
    if inputs.get("position_ids") is None:
        inputs["position_ids"] = _positions(body, ids)
    row = {
        name: values[kept][None] if isinstance(values, torch.Tensor) and values.shape == ids.shape else values
        for name, values in inputs.items()
    }
    bounds = {"cu_seq_lens_q": pad(lengths.cumsum(0), (1, 0)).int(), "max_length_q": int(lengths.max())}
    return (), row | bounds | {MASK: kept}


def _positions(body: Any, ids: torch.Tensor) -> torch.Tensor:
    """The position of each token; RoBERTa and its kin begin behind the padding id, and don't count padding."""
    embeddings: Any = getattr(body, "embeddings", None)
    if hasattr(embeddings, "create_position_ids_from_input_ids"):
        found: torch.Tensor = embeddings.create_position_ids_from_input_ids(ids, embeddings.padding_idx)
        return found
    return torch.arange(ids.shape[1], device=ids.device).expand_as(ids)


def _padded(body: Any, _: Any, inputs: dict[str, Any], output: Any) -> None:
    """What the body gave for one row as of the padded batch."""
    if (mask := inputs.get(MASK)) is None:
        return
    output.last_hidden_state = padded(output.last_hidden_state, mask)
    if output.get("hidden_states") is not None:
        output.hidden_states = tuple(padded(states, mask) for states in output.hidden_states)
    if output.get("pooler_output") is not None:
        output.pooler_output = body.pooler(output.last_hidden_state)


def _in_16_bits(body: PreTrainedModel) -> bool:
    """Whether the body computes in 16 bits, for which alone a GPU has such a kernel; on a CPU all are as good."""
    device = body.device.type
    taken = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else body.dtype
    return device == "cpu" or taken in (torch.bfloat16, torch.float16)


def _trial(body: Any, first: Sequence[int] = (2, 3, 4, 5, 6), second: Sequence[int] = (4, 3)) -> torch.Tensor:
    """The states of five tokens, and of two tokens in the same batch."""
    padding = [getattr(body.config, "pad_token_id", None) or 0] * 3
    ids = torch.tensor([[*first], [*second, *padding]], device=body.device)
    mask = torch.tensor([[1] * 5, [1, 1, 0, 0, 0]], device=body.device)
    with resting(body), torch.autocast(ids.device.type, torch.bfloat16, enabled=ids.is_cuda):
        states = body(input_ids=ids, attention_mask=mask).last_hidden_state
    return torch.cat([states[0], states[1, :2]]).float()


def _keeps_apart(body: Any, padded: torch.Tensor) -> bool:
    """Whether an input's states are those of a padded batch up to rounding, and the same beside any other input."""
    try:
        found, behind, before = _trial(body), _trial(body, second=(5, 6)), _trial(body, first=(6, 5, 4, 3, 2))
    except _Unpackable:
        return False
    alone = torch.equal(found[:5], behind[:5]) and torch.equal(found[5:], before[5:])
    return alone and bool((found - padded).norm() < 0.1 * padded.norm())
