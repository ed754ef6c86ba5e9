"""Sentences as pieces that fit a model's input: cut between words, so that predictions can be joined again.

Source: XTREME utils_preprocess.py, which cuts before a word would pass the limit and notes whose piece is whose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from xh.kinds.windows import tokenised


@dataclass(frozen=True)
class Piece:
    """Words ``start`` to ``end`` (exclusive) of a sentence as one input; ``firsts``: where in it each word begins."""

    sentence: int
    start: int
    end: int
    input_ids: list[int]
    firsts: list[int]


def pieces(tokenizer: Any, sentences: Sequence[Sequence[str]], max_length: int) -> Iterator[Piece]:
    """Every sentence, in order, in as few pieces of at most ``max_length`` subword tokens, special ones included.

    A word without subword tokens, or with too many for any piece, is the unknown token, or of a vocabulary of bytes,
    which has none, the padding token.
    """
    before, after = special_tokens(tokenizer)
    capacity = max_length - len(before) - len(after)
    texts = tokenised(tokenizer, [word for sentence in sentences for word in sentence])
    unknown = tokenizer.pad_token_id if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    words = {word: ids if 0 < len(ids) <= capacity else [unknown] for word, (ids, _) in texts.items()}
    for number, sentence in enumerate(sentences):
        sizes = [len(words[word]) for word in sentence]
        for start, end in cut(sizes, capacity):
            inner = [token for word in sentence[start:end] for token in words[word]]
            firsts = [*accumulate(sizes[start : end - 1], initial=len(before))]
            yield Piece(number, start, end, [*before, *inner, *after], firsts)


def cut(sizes: Sequence[int], capacity: int) -> list[tuple[int, int]]:
    """First and last word (exclusive) of each piece: as many as have at most ``capacity`` subword tokens."""
    bounds, size = [0], 0
    for word, length in enumerate(sizes):
        if size + length > capacity:
            bounds.append(word)
            size = 0
        size += length
    return list(pairwise([*bounds, len(sizes)]))


def special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Those before and after a single text, read off an encoded one."""
    encoding = tokenizer("a")
    ids, inside = encoding["input_ids"], [i for i, side in enumerate(encoding.sequence_ids()) if side is not None]
    return ids[: inside[0]], ids[inside[-1] + 1 :]
