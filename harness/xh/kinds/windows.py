"""Question and context as windows of a limited length: every distinct text is tokenised once.

Source: XTREME third_party/processors/squad.py, as the sliding windows of BERT's SQuAD script.
"""

from dataclasses import dataclass
from typing import Any

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Frame:
    """The special tokens around a pair, and whether the tokenizer wants token types."""

    before: list[int]
    between: list[int]
    after: list[int]
    types: bool

    @property
    def size(self) -> int:
        """How many special tokens a pair takes."""
        return len(self.before) + len(self.between) + len(self.after)

    def input_ids(self, question: list[int], context: list[int]) -> list[int]:
        """One input: the pair with its special tokens."""
        return [*self.before, *question, *self.between, *context, *self.after]

    def token_types(self, question: int, context: int) -> list[int]:
        """0 up to the first separator, 1 after it (BERT)."""
        first = len(self.before) + question + min(1, len(self.between))
        return [0] * first + [1] * (self.size + question + context - first)


def frame(tokenizer: Any) -> Frame:
    """The frame of a fast tokenizer, read off one encoded pair."""
    encoding = tokenizer("a", "b")
    ids, sides = encoding["input_ids"], encoding.sequence_ids()
    first, second = [[i for i, side in enumerate(sides) if side == which] for which in (0, 1)]
    return Frame(
        before=ids[: first[0]],
        between=ids[first[-1] + 1 : second[0]],
        after=ids[second[-1] + 1 :],
        types="token_type_ids" in encoding,
    )


@dataclass(frozen=True)
class Window:
    """One stretch of a context: tokens ``start`` to ``end`` (exclusive)."""

    start: int
    end: int

    @classmethod
    def over(cls, length: int, capacity: int, stride: int) -> "list[Window]":
        """Windows of at most ``capacity`` tokens over ``length`` tokens, each ``stride`` tokens after the one before.

        The first one that reaches the end is the last one, and may be shorter.
        """
        steps = -(-max(0, length - capacity) // stride)
        return [cls(start, min(length, start + capacity)) for start in range(0, steps * stride + 1, stride)]

    def context_around(self, token: int) -> float:
        """How much context a token has in this window (BERT's rule for choosing among windows)."""
        return min(token - self.start, self.end - 1 - token) + 0.01 * (self.end - self.start)


def best_window(windows: list[Window], length: int) -> list[int]:
    """For each of the context's tokens the window in which it has the most context."""
    if len(windows) == 1:
        return [0] * length
    return [
        max(
            (i for i, window in enumerate(windows) if window.start <= token < window.end),
            key=lambda i: windows[i].context_around(token),
        )
        for token in range(length)
    ]


def tokenised(tokenizer: Any, texts: list[str]) -> dict[str, tuple[list[int], Spans]]:
    """Each distinct text's token ids and character spans, without special tokens."""
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    encoded = tokenizer(
        distinct, add_special_tokens=False, return_offsets_mapping=True, return_attention_mask=False, verbose=False
    )
    return dict(zip(distinct, zip(encoded["input_ids"], encoded["offset_mapping"], strict=True), strict=True))
