"""A bi-encoder: one body that reads queries and candidates, compared by the cosine of their vectors."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from transformers.modeling_outputs import ModelOutput

from xh.model.heads import HeadedModel
from xh.model.pooling import mean_over
from xh.spec import StageError

SCALE = 100.0


@dataclass
class BiEncoderOutput(ModelOutput):  # type: ignore[misc]
    """The loss of a batch, and the vectors [batch, d] of length 1 of its queries and candidates."""

    loss: torch.Tensor | None = None
    queries: torch.Tensor | None = None
    candidates: torch.Tensor | None = None


class BiEncoder(HeadedModel):
    """Its only weight beside the body's is what cosines are multiplied by in the loss, 100 at first.

    Source: XTREME third_party/bert.py and xlm_roberta.py (``BertForSequenceRetrieval``).
    """

    def __init__(self, body: Any) -> None:
        nn.Module.__init__(self)
        self.body = body
        self.scale = nn.Parameter(torch.tensor(SCALE))

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.scale.device

    def forward(
        self, comparable: torch.Tensor | None = None, scale: torch.Tensor | None = None, **inputs: torch.Tensor
    ) -> BiEncoderOutput:
        """The vectors of a batch's queries and candidates, whose inputs are named ``query_…`` and ``candidate_…``.

        ``comparable`` [batch, batch] says which candidates are held against which query: then there is the cross
        entropy of the right ones, which have the query's row. ``scale`` takes the place of the weight.
        """
        queries, candidates = (self._vectors(**_side(inputs, side)) for side in ("query_", "candidate_"))
        if comparable is None:
            return BiEncoderOutput(queries=queries, candidates=candidates)
        with torch.autocast(queries.device.type, enabled=False):  # 100 times a cosine in bf16 is right to a half
            logits = (self.scale if scale is None else scale) * (queries @ candidates.T)
        logits = logits.masked_fill(~comparable, -torch.inf)
        loss = cross_entropy(logits, torch.arange(len(logits), device=logits.device))
        return BiEncoderOutput(loss=loss, queries=queries, candidates=candidates)

    def pooler(self, first: torch.Tensor) -> torch.Tensor:
        """What the encoder's own pooler makes of the first token's states [batch, d]."""
        layer = getattr(self.body, "pooler", None)
        if layer is None:
            todo = "Choose another pooling, such as --set TASK.pooling=cls."
            raise StageError("This encoder has no pooler.", todo=todo)
        found: torch.Tensor = layer(first[:, None])
        return found

    def _vectors(self, chosen: torch.Tensor | None = None, **inputs: torch.Tensor) -> torch.Tensor:
        states = self.body(**inputs).last_hidden_state
        return normalize((self.pooler(states[:, 0]) if chosen is None else mean_over(states, chosen)).float(), dim=-1)


def _side(inputs: dict[str, torch.Tensor], side: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(side): values for name, values in inputs.items() if name.startswith(side)}
