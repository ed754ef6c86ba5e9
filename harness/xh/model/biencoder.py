"""A bi-encoder: one body that reads queries and candidates, compared by the cosine of their vectors."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.functional import cross_entropy, normalize
from torch.utils.checkpoint import checkpoint
from transformers.modeling_outputs import ModelOutput

from xh.model.heads import HeadedModel
from xh.model.pooling import mean_over
from xh.spec import StageError

SCALE = 100.0
Inputs = dict[str, torch.Tensor]


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
        self,
        comparable: torch.Tensor | None = None,
        scale: torch.Tensor | None = None,
        pieces: int = 1,
        processes: int = 1,
        **inputs: torch.Tensor,
    ) -> BiEncoderOutput:
        """The vectors of a batch's queries and candidates, whose inputs are named ``query_…`` and ``candidate_…``.

        ``comparable`` [batch, candidates] says which candidates are held against which query: then there is the cross
        entropy of the right ones, which have the query's row; further candidates are wrong answers. ``scale`` takes the
        place of the weight. In ``pieces`` the body reads a part of the batch at a time, and again for the gradients.
        Of several ``processes`` with the same batch each reads a part of it, and all have the loss of the whole.
        """
        parts = {name: side(inputs, name) for name in ("query_", "candidate_")}
        queries, candidates = (self.vectors(part, pieces, processes) for part in parts.values())
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

    def projected(self, pooled: torch.Tensor) -> torch.Tensor:
        """What is compared of pooled states [batch, d]: themselves."""
        return pooled

    def vectors(self, inputs: Inputs, pieces: int = 1, processes: int = 1) -> torch.Tensor:
        """The vectors [batch, d] of length 1 of a batch's texts; ``pieces`` and ``processes`` as of :meth:`forward`.

        In pieces no more than one piece's activations are kept: gradient caching (Gao et al. 2021, 2101.06983).
        """
        if processes > 1:
            count = len(next(iter(inputs.values())))
            rows = _rows(count, processes, distributed.get_rank())
            own = {name: values[rows] for name, values in inputs.items()}
            found: torch.Tensor = _Gathered.apply(self.vectors(own, pieces))  # type: ignore[no-untyped-call]
            return found[:count]
        if pieces == 1:
            return self._encoded(inputs)
        parts = zip(*(values.chunk(pieces) for values in inputs.values()), strict=True)
        named = (dict(zip(inputs, part, strict=True)) for part in parts)
        return torch.cat([checkpoint(self._encoded, part, use_reentrant=False) for part in named])

    def _encoded(self, inputs: Inputs) -> torch.Tensor:
        others = {name: values for name, values in inputs.items() if name != "chosen"}
        states, chosen = self.body(**others).last_hidden_state, inputs.get("chosen")
        pooled = self.pooler(states[:, 0]) if chosen is None else mean_over(states, chosen)
        return normalize(self.projected(pooled).float(), dim=-1)


class _Gathered(torch.autograd.Function):
    """The rows [n, d] of all processes, in their order; whoever has a row gets its gradient from the losses of all."""

    @staticmethod
    def forward(context: Any, rows: torch.Tensor) -> torch.Tensor:
        """As many rows of each."""
        parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, gradients: torch.Tensor) -> torch.Tensor:
        """Their sum: the trainer takes the mean over the processes."""
        total = gradients.contiguous()
        distributed.all_reduce(total)
        return total.chunk(distributed.get_world_size())[distributed.get_rank()]


def _rows(count: int, processes: int, rank: int) -> list[int]:
    """Of so many rows those of one process: all have as many, the last ones maybe the last row again."""
    size = ceil(count / processes)
    return [min(row, count - 1) for row in range(rank * size, (rank + 1) * size)]


def side(inputs: Inputs, name: str) -> Inputs:
    """The inputs of one side of a batch, whose names begin with ``name``, without that."""
    return {key.removeprefix(name): values for key, values in inputs.items() if key.startswith(name)}
