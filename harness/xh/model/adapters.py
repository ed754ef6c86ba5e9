"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685) inside a body, by peft; handed on as plain weights."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from xh.model.body import body_of
from xh.spec import StageError

ADAPTER = "lora_"
"""In the names of adapters' weights."""


class Adapter(NamedTuple):
    """``up @ down`` times ``scale`` is added to the weight of a linear layer."""

    down: torch.Tensor
    up: torch.Tensor
    scale: float


def added(adapter: Adapter) -> torch.Tensor:
    """What an adapter adds to its layer's weight, in float32, computed on the CPU: the same whoever merges it."""
    down, up, scale = adapter
    return (up.detach().cpu().float() @ down.detach().cpu().float()) * scale


def adapters_of(model: Any) -> dict[str, Adapter]:
    """The adapters of a model by the name of their layer in its body."""
    layers = body_of(model).named_modules()
    return {name: _adapter(each) for name, each in layers if hasattr(each, "get_delta_weight")}


def _adapter(layer: Any) -> Adapter:
    (name,) = layer.active_adapters
    return Adapter(layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name])


def adapt_linears(model: Any, rank: int, alpha: float, dropout: float) -> None:
    """Freeze the body of ``model`` and give each linear layer of it an adapter in float32; what is outside is trained.

    A pooler, which not every head reads, has none.
    """
    body = body_of(model)
    linear = [name for name, each in body.named_modules() if type(each) is nn.Linear and not name.startswith("pooler")]
    body.requires_grad_(False)
    add_adapters(body, linear, rank, alpha, dropout)


def add_adapters(body: nn.Module, names: Sequence[str], rank: int, alpha: float, dropout: float) -> None:
    """Give the linear layers of these names, as ``named_modules`` has them, adapters in float32 beside their weights.

    Those are trained or not as before. Where a model is handed on its adapters are merged. Raises :class:`StageError`
    where peft is not installed.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        todo = "Install it where the stages run: pip install 'xh[lora]'"
        raise StageError("Adapters (LoRA) need peft.", why=str(error), todo=todo) from error
    trained = [weight for weight in body.parameters() if weight.requires_grad]
    config = LoraConfig(target_modules=list(names), r=rank, lora_alpha=alpha, lora_dropout=dropout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a name in transformers that peft still asks for
        inject_adapter_in_model(config, body)
    for weight in trained:
        weight.requires_grad_(True)  # peft has frozen them
    for name, weight in body.named_parameters():
        if ADAPTER in name:
            weight.data = weight.data.float()


@contextmanager
def merged(model: Any) -> Iterator[None]:
    """Have plain linear layers with the adapters' changes in them inside the block, in float32."""
    adapted = {name: each for name, each in model.named_modules() if hasattr(each, "get_delta_weight")}
    for name, layer in adapted.items():
        model.set_submodule(name, _plain(layer))
    try:
        yield
    finally:
        for name, layer in adapted.items():
            model.set_submodule(name, layer)


def _plain(layer: Any) -> nn.Linear:
    base = layer.get_base_layer()
    made = nn.Linear(base.in_features, base.out_features, base.bias is not None, device="meta")
    made.weight = nn.Parameter(base.weight.detach().float() + added(_adapter(layer)).to(base.weight.device))
    made.bias = base.bias
    return made


def checkpoint_activations(model: Any) -> None:
    """Have the layers of the body computed again for their gradients, instead of keeping what they computed."""
    body = body_of(model)
    if not body.supports_gradient_checkpointing:
        todo = "Leave out activation_checkpointing, or lower batch_size or max_length."
        raise StageError(f"{type(body).__name__} can't compute its layers again for their gradients.", todo=todo)
    body.activation_checkpointing_enable({"use_reentrant": False})
