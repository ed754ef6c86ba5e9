"""Layer attention: a head reads the last layer and, by attention over layers, what lies below it.

Source: Chen et al. 2022 (arXiv 2205.08497) fuse mBERT's lower layers into what the heads read by a module of feature
aggregation that is based on attention. Unverified beyond that abstract: the module's exact form. Here the last layer's
state of a token is the query, those of the layers below it are keys and values, and what is read is added to the last
layer. The values begin at zero, so that a training begins with what the encoder gives.
"""

from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from xh.api import Method, StageError, body_of


class Fusion(nn.Module):
    """Attention of one head over layers, for each token by itself; ``width``: of the states."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        nn.init.zeros_(self.value.weight)

    def forward(self, last: Tensor, lower: Tensor) -> Tensor:
        """States [batch, length, d] of the last layer and [batch, length, layers, d] below it -> the first shape."""
        last, lower = (each.to(self.query.weight.dtype) for each in (last, lower))
        scores = self.key(lower) @ self.query(last).unsqueeze(-1) / sqrt(last.shape[-1])
        fused: Tensor = last + (scores.softmax(-2) * self.value(lower)).sum(-2)
        return fused


class LayerAttention(Method):
    """``lowest``: the first layer that is read, 0 the embeddings.

    In a mixture each head has an attention of its own, above the layers that they share.
    """

    fusion: Fusion | None = None

    def adapt(self, model: Any) -> Any:
        """Add the attention, and have the model's own forward pass say whose turn it is.

        Raises :class:`StageError` where the encoder has fewer layers.
        """
        body = body_of(model)
        last = body.config.num_hidden_layers - 1
        if self.settings.lowest > last:
            todo = f"Choose --set layer-attention.lowest between 0 and {last}."
            raise StageError(f"This encoder has no layer {self.settings.lowest} below its last.", todo=todo)
        model.layer_attention = Fusion(body.config.hidden_size)
        model.register_forward_pre_hook(lambda module, _: self._begin(module.layer_attention))
        body.register_forward_pre_hook(_with_all_states, with_kwargs=True)
        body.register_forward_hook(self._fused)
        return model

    def _begin(self, fusion: Fusion) -> None:
        self.fusion = fusion

    def _fused(self, body: Any, _: Any, output: Any) -> Any:
        """The body's output with other last states, and without those of the layers, as heads expect it."""
        if self.fusion is None:  # read without a head
            return output
        *lower, last = output.hidden_states
        fused = self.fusion(last, torch.stack(lower[self.settings.lowest :], -2))
        found = {name: value for name, value in output.items() if name != "hidden_states"}
        if found.get("pooler_output") is not None:
            found["pooler_output"] = body.pooler(fused)
        return type(output)(**found | {"last_hidden_state": fused})


def _with_all_states(body: Any, inputs: Any, options: dict[str, Any]) -> Any:
    return inputs, options | {"output_hidden_states": True}
