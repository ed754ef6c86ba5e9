"""A text encoder beside pictures' vectors: projections of both, and what compares or joins them."""

from dataclasses import dataclass
from math import log
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from transformers.modeling_outputs import ModelOutput

from xh.api import BiEncoder, side

TEMPERATURE = 0.07
"""That cosines are divided by at first (CLIP, Radford et al. 2021, arXiv 2103.00020)."""
STEEPEST = 100.0
"""What they are multiplied by at most."""


@dataclass
class ImageTextOutput(ModelOutput):  # type: ignore[misc]
    """The loss of a batch; else either both vectors [batch, dim], or logits for own and for other pictures."""

    loss: torch.Tensor | None = None
    texts: torch.Tensor | None = None
    images: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    others: torch.Tensor | None = None


class ImageTextModel(BiEncoder):
    """The body with new weights beside it; the tower is no part of it, and its vectors have ``width`` numbers.

    Without ``outputs`` it compares texts and pictures; with some it joins them to that many logits. ``width`` 0 is for
    texts held against texts.
    """

    def __init__(self, body: Any, width: int, dim: int, outputs: int = 0) -> None:
        super().__init__(body)
        self.scale = nn.Parameter(torch.tensor(log(1 / TEMPERATURE)))
        self.text = nn.Linear(body.config.hidden_size, dim, bias=False)
        self.picture = nn.Linear(width, dim, bias=False) if width else None
        self.fusion = _fusion(dim, outputs) if outputs else None

    def projected(self, pooled: torch.Tensor) -> torch.Tensor:
        """A text's pooled states [batch, d] as [batch, dim]."""
        found: torch.Tensor = self.text(pooled)
        return found

    def forward(  # type: ignore[override]
        self,
        image: torch.Tensor | None = None,
        other: torch.Tensor | None = None,
        comparable: torch.Tensor | None = None,
        mismatched: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        pieces: int = 1,
        processes: int = 1,
        **inputs: torch.Tensor,
    ) -> ImageTextOutput:
        """A batch of texts, whose inputs are named ``query_…``, with the vectors of their pictures [batch, width].

        ``comparable`` [batch, batch] says which pictures are held against which text: then there is the mean of both
        cross entropies. ``mismatched`` [n, 2] has rows of texts and of pictures that do not belong together, and
        ``labels`` [batch] a class for each: then there is the cross entropy of the logits. Without these the outputs
        are there, for ``other`` pictures [batch, width] as well. ``pieces`` and ``processes`` are as of
        :class:`BiEncoder`; texts that are held against texts are named ``candidate_…``.
        """
        texts = self.vectors(side(inputs, "query_"), pieces, processes)
        candidates = side(inputs, "candidate_")
        images = self.vectors(candidates, pieces, processes) if candidates else self._seen(image)
        if self.fusion is None:
            found = None if comparable is None else self._contrast(texts, images, comparable)
            return ImageTextOutput(loss=found, texts=texts, images=images)
        logits = self._joined(texts, images)
        if labels is not None:
            return ImageTextOutput(loss=cross_entropy(logits, labels), logits=logits)
        if mismatched is not None:
            wrong = self._joined(texts[mismatched[:, 0]], images[mismatched[:, 1]])
            classes = torch.tensor([1] * len(logits) + [0] * len(wrong), device=logits.device)
            return ImageTextOutput(loss=cross_entropy(torch.cat([logits, wrong]), classes), logits=logits)
        return ImageTextOutput(logits=logits, others=None if other is None else self._joined(texts, self._seen(other)))

    def _seen(self, image: Any) -> torch.Tensor:
        assert self.picture is not None
        return normalize(self.picture(image).float(), dim=-1)

    def _joined(self, texts: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        assert self.fusion is not None
        found: torch.Tensor = self.fusion(torch.cat([texts, images, texts * images, (texts - images).abs()], dim=-1))
        return found.float()

    def _contrast(self, texts: torch.Tensor, images: torch.Tensor, comparable: torch.Tensor) -> torch.Tensor:
        with torch.autocast(texts.device.type, enabled=False):  # 100 times a cosine in bf16 is right to a half
            logits = self.scale.exp().clamp(max=STEEPEST) * (texts @ images.T)
        logits = logits.masked_fill(~comparable, -torch.inf)
        own = torch.arange(len(logits), device=logits.device)
        return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def _fusion(dim: int, outputs: int) -> nn.Sequential:
    """Of both vectors, their products and their differences."""
    return nn.Sequential(
        nn.LayerNorm(4 * dim), nn.Linear(4 * dim, dim), nn.GELU(), nn.Dropout(0.1), nn.Linear(dim, outputs)
    )
