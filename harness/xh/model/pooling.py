"""One vector for a text: the mean of a hidden state over some of its tokens."""

from collections.abc import Callable, Sequence

import torch

Chosen = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Which tokens count, [batch, length], of token ids, attention mask and the ids of special tokens."""


def mean_over(hidden: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """The mean [batch, d] in float32 of a hidden state [batch, length, d] over the chosen tokens [batch, length]."""
    kept = chosen.bool().unsqueeze(-1)
    return hidden.float().masked_fill(~kept, 0).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def special_ids(tokenizer: object) -> torch.Tensor:
    """The ids of a tokenizer's special tokens, without that of an unknown word, which stands for a word."""
    ids: Sequence[int] = getattr(tokenizer, "all_special_ids", ())
    return torch.tensor([each for each in ids if each != getattr(tokenizer, "unk_token_id", None)], dtype=torch.long)


def _all(ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor) -> torch.Tensor:
    return mask


def _inner(ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor) -> torch.Tensor:
    """The tokens between the first and the last one are those that have attended neighbours on both sides."""
    inner = torch.zeros_like(mask)
    inner[:, 1:-1] = mask[:, :-2] * mask[:, 2:]
    return inner


def _words(ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor) -> torch.Tensor:
    return mask * ~torch.isin(ids, special.to(ids.device))


def _first(ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor) -> torch.Tensor:
    first = torch.zeros_like(mask)
    first[:, 0] = 1
    return first


def _last(ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor) -> torch.Tensor:
    """The last attended token; the padding is behind it."""
    places = torch.arange(mask.shape[1], device=mask.device)
    return (places == mask.sum(dim=1, keepdim=True) - 1).long()


POOLINGS: dict[str, Chosen] = {"mean": _all, "inner": _inner, "words": _words, "cls": _first, "last": _last}
"""The tokens whose mean is a text's vector."""
