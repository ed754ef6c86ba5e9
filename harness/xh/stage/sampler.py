"""Batches of similar length in random order."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

POOL = 50


class LengthGrouped(Sampler[int]):
    """Draws every index once an epoch so that a batch holds inputs of similar length.

    Inputs are shuffled, cut into pools of 50 batches (a small set is one pool), sorted within a pool, cut into batches,
    and the batches are shuffled. Same seed and epoch, same order.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        shuffled = torch.randperm(len(self.lengths), generator=generator).tolist()
        pool = POOL * self.batch_size
        pools = [shuffled[i : i + pool] for i in range(0, len(shuffled), pool)]
        ranked = [i for members in pools for i in sorted(members, key=self.lengths.__getitem__)]
        whole = len(ranked) // self.batch_size * self.batch_size
        batches = [ranked[i : i + self.batch_size] for i in range(0, whole, self.batch_size)]
        order = torch.randperm(len(batches), generator=generator).tolist()
        yield from (index for batch in order for index in batches[batch])
        yield from ranked[whole:]
