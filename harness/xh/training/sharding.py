"""A model whose weights, gradients and moments lie in pieces on all processes (FSDP2), for one GPU has no room for it.

What needs it whole, dev evaluations and writing, is done by the first process with a copy that all put together; the
others wait as they do without shards. Checkpoints are those of any training: another number of processes, or one, goes
on from them.
"""

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from xh.spec import StageError
from xh.spec.gpu import fits

SHARD = "XH_SHARD"
"""The variable that says 1 for every training of several processes, 0 for none."""


def needed(model: nn.Module) -> bool:
    """Whether this training's processes must share the model's weights among them."""
    if not distributed.is_initialized():
        return False
    wanted = os.environ.get(SHARD)
    if wanted in ("0", "1"):
        return wanted == "1"
    if not torch.cuda.is_available():
        return False
    weights, learnt = (
        sum(weight.numel() for weight in model.parameters() if weight.requires_grad or all_of_them)
        for all_of_them in (True, False)
    )
    return not fits(weights, learnt, torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory)


class Whole(NamedTuple):
    """The model, and what is handed on of it, with all weights."""

    model: Any
    kept: Any


class Shards:
    """The shards of ``model``, which becomes one of them in place; ``kept`` is it or a part of it."""

    def __init__(self, model: Any, kept: Any) -> None:
        self.model = model
        empty: dict[int, Any] = {id(weight): _without_data(weight) for weight in model.parameters()}
        self.empty = copy.deepcopy((model, kept), empty)
        gpu = torch.cuda.is_available()
        mesh = init_device_mesh("cuda" if gpu else "cpu", (distributed.get_world_size(),))
        for part in (*_layers(model), model):
            fully_shard(part, mesh=mesh)
        if not all(isinstance(weight, DTensor) for weight in model.parameters()):
            raise StageError("This model's weights could not be divided among the processes.")

    @contextmanager
    def whole(self) -> Iterator[Whole | None]:
        """The model put together, on this process's device, in the first process; None in the others. All must call."""
        state = gathered(self.model.state_dict())
        if distributed.get_rank() != 0:
            yield None
            return
        found = Whole(*copy.deepcopy(self.empty))
        found.model.load_state_dict(state, assign=True)
        found.model.tie_weights()
        yield Whole(found.model.to(_device()), found.kept)

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Give each process its part of these weights. All must call with the same ones."""
        ours = self.model.state_dict()
        self.model.load_state_dict({name: _part(value, ours[name]) for name, value in state.items()}, strict=False)

    def load_moments(self, optimizer: Any, state: dict[str, Any]) -> None:
        """Give each process its part of an optimizer's state. All must call with the same one."""
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        parts = {
            number: {name: _part(value, weights[number]) for name, value in entries.items()}
            for number, entries in state["state"].items()
        }
        optimizer.load_state_dict(state | {"state": parts})


def gathered(state: Any) -> Any:
    """A state with all pieces put together, in main memory in the first process; nothing of use in the others."""
    if isinstance(state, dict):
        return {name: gathered(value) for name, value in state.items()}
    if not isinstance(state, DTensor):
        return state
    found = state.full_tensor()
    return found.cpu() if distributed.get_rank() == 0 else None


def _part(value: Any, like: Any) -> Any:
    """This process's part of what is as large as ``like``; anything else as it is."""
    if not isinstance(like, DTensor) or not isinstance(value, torch.Tensor) or value.shape != like.shape:
        return value
    return distribute_tensor(value.to(like.device, like.dtype), like.device_mesh, like.placements)


def _layers(model: nn.Module) -> list[nn.Module]:
    """The layers of the body, each of which is put together for itself."""
    names = {name for part in model.modules() for name in getattr(part, "_no_split_modules", None) or ()}
    stacks = [part for part in model.modules() if isinstance(part, nn.ModuleList)]
    return [layer for stack in stacks for layer in stack if type(layer).__name__ in names]


def _without_data(weight: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(weight.detach().to("meta"), requires_grad=weight.requires_grad)


def _device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
