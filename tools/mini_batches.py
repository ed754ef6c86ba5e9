"""Batches of token ids, for ever."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import torch
from mini_teacher import CUT
from mini_text import BOS, EOS, MASK, PAD, UNK
from tokenizers import Tokenizer
from torch import Tensor, nn

LONG = 512  # tokens of a packed sequence

Rows = list[np.ndarray]  # the token ids of each line, without the special ones
Batches = Iterator[tuple[Tensor, Tensor | None]]  # input ids and, where the teacher knows them, the lines' numbers


def encode(tokenizer: Tokenizer, lines: list[str]) -> Rows:
    return [np.array(line.ids, np.uint16) for line in tokenizer.encode_batch_fast(lines, add_special_tokens=False)]


def pad(rows: list[list[int]]) -> Tensor:
    tensors = [torch.tensor(row, dtype=torch.long) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=PAD)


def cut_batches(groups: list[list[int]], lengths: list[int], budget: int) -> list[list[int]]:
    """Batches of the groups' members, of at most `budget` tokens and about equal lengths, in random order."""
    batches: list[list[int]] = [[]]
    for length, group in sorted(zip(lengths, groups, strict=True)):
        if (len(batches[-1]) + len(group)) * length > budget and batches[-1]:
            batches.append([])
        batches[-1] += group
    return random.sample(batches, len(batches))


def line_batches(lines: Rows, partner: dict[int, int], budget: int) -> Batches:
    """For ever: the teacher's lines, each with its translation in the same batch."""
    while True:
        order = random.sample(range(len(lines)), len(lines))
        for first in range(0, len(lines), 16384):
            groups = [[i, partner[i]] if i in partner else [i] for i in order[first : first + 16384]]
            lengths = [2 + max(len(lines[i][: CUT - 2]) for i in group) for group in groups]
            for batch in cut_batches(groups, lengths, budget):
                numbers = list(dict.fromkeys(batch))
                yield pad([[BOS, *lines[i][: CUT - 2], EOS] for i in numbers]), torch.tensor(numbers)


def pair_batches(lines: Rows, pairs: list[tuple[int, int]], budget: int) -> Batches:
    """For ever: a line and its translation in one sequence, so that a masked word can be read off the other side."""
    while True:
        some = [random.sample(pair, 2) for pair in random.sample(pairs, min(8192, len(pairs)))]
        rows = [[BOS, *lines[i][:CUT], EOS, EOS, *lines[j][:CUT], EOS] for i, j in some]
        for batch in cut_batches([[n] for n in range(len(rows))], [len(row) for row in rows], budget):
            yield pad([rows[n] for n in batch]), None


def long_batches(in_languages: dict[str, Rows], chances: dict[str, float], budget: int) -> Batches:
    """For ever: lines of one language one after the other up to the full length, so that every position is trained."""
    while True:
        rows: list[list[int]] = []
        for language in random.choices(list(chances), list(chances.values()), k=budget // LONG):
            rows.append([BOS])
            while len(rows[-1]) < LONG - 1:
                rows[-1] += random.choice(in_languages[language]).tolist()
        yield pad([[*row[: LONG - 1], EOS] for row in rows]), None


def mask(ids: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """BERT's masking at a rate for each row: (corrupted ids, which positions to predict)."""
    chosen = (torch.rand(ids.shape) < rate[:, None]) & (ids > UNK)
    dice, random_ids = torch.rand(ids.shape), torch.randint_like(ids, UNK + 1, MASK)
    corrupted = torch.where(chosen & (dice < 0.8), MASK, ids)
    return torch.where(chosen & (dice > 0.9), random_ids, corrupted), chosen
