"""Encoder bodies: cutting off the layers that are not needed, and reading one hidden state.

H[0] is the output of the embeddings, H[k] the output of layer k.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn
from transformers import PreTrainedModel

from xh.model.attention import quickened
from xh.model.packing import packing, padded, resting
from xh.model.precision import onednn_linear
from xh.spec import StageError

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
    return int(body.config.num_hidden_layers)


def layers_of(body: PreTrainedModel) -> list[nn.Module]:
    """Return the layers of a body in order, so that the output of the k-th is H[k].

    Raises :class:`StageError` for a body that is not one stack of layers, such as that of ALBERT.
    """
    path = _stack(body, depth(body))
    if path is None:
        raise StageError(f"{type(body).__name__} is not one stack of layers.", todo="Choose another encoder.")
    return list(body.get_submodule(path).children())


def truncated(body: PreTrainedModel, layer: int) -> PreTrainedModel:
    """Return a body that shares the weights of `body` and has no more layers than H[layer] needs; `body` stays.

    A body that is not one stack of layers, such as that of ALBERT, is returned whole.
    """
    path = _stack(body, depth(body))
    return body if path is None else _with_stack(body, path.split("."), layer + 1)


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
    """Return H[layer], [batch, length, d], for token ids and attention mask [batch, length]; no later layer is run."""
    path, last = _stack(body, depth(body), layer + 1), layer == depth(body)
    if last or path is None:
        output = body(input_ids=ids, attention_mask=mask, output_hidden_states=not last)
        state: torch.Tensor = output.last_hidden_state if last else output.hidden_states[layer]
        return state
    after = body.get_submodule(path).get_submodule(str(layer))
    hook = after.register_forward_pre_hook(_reach, with_kwargs=True)
    try:
        body(input_ids=ids, attention_mask=mask)
    except _Reached as reached:
        return padded(reached.state, mask)
    finally:
        hook.remove()
    raise AssertionError(f"layer {layer} of {type(body).__name__} is not run")


def attend_both_ways(body: PreTrainedModel) -> None:
    """Have each token of a decoder see those behind it; noted in its config, as transformers reads it.

    Raises :class:`StageError` where its class does not heed that.
    """
    body.config.is_causal = False
    for module in body.modules():
        if hasattr(module, "is_causal"):
            module.is_causal = False
    with inferring(body):
        one, other = (body(input_ids=torch.tensor([[2, last]])).last_hidden_state[0, 0] for last in (3, 4))
    if torch.equal(one, other):
        raise StageError(
            f"{type(body).__name__} can't attend to what is behind a token.", todo="Leave out --set bidirectional=true."
        )


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

    On a CPU attention is computed where it is faster (`xh.model.attention`); padding isn't, where so wanted
    (`xh.model.packing`).
    """
    with resting(body), quickened(body), packing(body_of(body)):
        yield


class _OneDNNLinear(nn.Linear):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return onednn_linear(input, self.weight, self.bias)


class _Reached(Exception):  # noqa: N818  no error: the state that was looked for
    def __init__(self, state: torch.Tensor) -> None:
        super().__init__()
        self.state = state


def _reach(_: Any, args: Any, inputs: dict[str, Any]) -> None:
    """Every layer is given the states of the one before, in front or by name."""
    raise _Reached(args[0] if args else inputs["hidden_states"])


def _stack(body: PreTrainedModel, *lengths: int) -> str | None:
    """Where the layers of a body are: its first list of as many modules of one class."""
    for name, each in body.named_modules():
        if isinstance(each, nn.ModuleList) and len(each) in lengths and len({*map(type, each)}) == 1:
            return str(name)
    return None


def _with_stack(module: Any, path: list[str], layers: int) -> Any:
    """A shallow copy of `module` whose list of layers, at `path`, ends after so many."""
    if not path:
        return module[:layers]
    changed = copy.copy(module)
    child = _with_stack(getattr(module, path[0]), path[1:], layers)
    changed._modules = {**module._modules, path[0]: child}
    return changed
