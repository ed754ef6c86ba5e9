"""Encoder bodies: cutting off the layers that are not needed, and reading one hidden state.

H[0] is the output of the embeddings, H[k] the output of layer k.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn
from transformers import PreTrainedModel

from xh.model.attention import quickened
from xh.model.precision import onednn_linear

Module = TypeVar("Module", bound=nn.Module)


def body_of(model: nn.Module) -> PreTrainedModel:
    """Return the encoder inside a loaded model: without its task head, and without its decoder if it has one."""
    body: PreTrainedModel = getattr(model, "base_model", model)
    return body.get_encoder() if getattr(body.config, "is_encoder_decoder", False) else body


def placed(body: PreTrainedModel, dtype: torch.dtype, device: torch.device) -> PreTrainedModel:
    """Return `body` if its weights are of that type and there already, else a copy that is; `body` stays as it is."""
    if all(weight.dtype == dtype and weight.device == device for weight in body.parameters()):
        return body
    return copy.deepcopy(body).to(device, dtype)


def depth(body: PreTrainedModel) -> int:
    """Return the number of layers, so that H[depth] is the last hidden state."""
    return len(body.encoder.layer) if _is_plain_stack(body) else body.config.num_hidden_layers


def truncated(body: PreTrainedModel, layer: int) -> PreTrainedModel:
    """Return a body that shares the weights of `body` and ends after `layer` layers; `body` stays as it is.

    That is possible where the encoder is nothing but a stack of layers, as in BERT, RoBERTa and XLM-R; any other body
    is returned whole.
    """
    if not _is_plain_stack(body):
        return body
    return _with_child(body, "encoder", _with_child(body.encoder, "layer", body.encoder.layer[:layer]))


def by_onednn(module: Module) -> Module:
    """Return a module that shares the weights of `module` and multiplies by oneDNN; `module` stays as it is.

    For float32 on the CPU, and without gradients.
    """
    changed = copy.copy(module)
    if type(module) is nn.Linear:
        changed.__class__ = _OneDNNLinear  # type: ignore[assignment]
    changed._modules = {name: child and by_onednn(child) for name, child in module._modules.items()}
    changed._forward_hooks = module._forward_hooks.copy()  # transformers adds its own to read hidden states
    return changed


def hidden_state(body: PreTrainedModel, layer: int, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return H[layer], [batch, length, d], for token ids and attention mask [batch, length]."""
    last = layer == depth(body)
    output = body(input_ids=ids, attention_mask=mask, output_hidden_states=not last)
    state: torch.Tensor = output.last_hidden_state if last else output.hidden_states[layer]
    return state


def position_limit(body: PreTrainedModel) -> int | None:
    """Return how many tokens the position embeddings allow; None if the architecture sets no such limit.

    RoBERTa and its kin number positions from one after the padding id, so 514 positions hold 512 tokens.
    """
    table = getattr(getattr(body, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, nn.Embedding):
        return None
    return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)


@contextmanager
def inferring(body: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off inside the block, and each module's training flag back after it.

    On a CPU attention is computed where it is faster (`xh.model.attention`).
    """
    flags = [(module, module.training) for module in body.modules()]
    body.eval()
    try:
        with torch.inference_mode(), quickened(body):
            yield
    finally:
        for module, training in flags:
            module.training = training


class _OneDNNLinear(nn.Linear):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return onednn_linear(input, self.weight, self.bias)


def _is_plain_stack(body: PreTrainedModel) -> bool:
    encoder = getattr(body, "encoder", None)
    if not isinstance(encoder, nn.Module) or [name for name, _ in encoder.named_children()] != ["layer"]:
        return False
    return isinstance(encoder.layer, nn.ModuleList)


def _with_child(module: nn.Module, name: str, child: nn.Module) -> nn.Module:
    """A shallow copy of `module` in which one child is another one."""
    changed = copy.copy(module)
    changed._modules = {**module._modules, name: child}
    return changed
