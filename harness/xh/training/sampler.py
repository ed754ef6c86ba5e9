"""Batches of similar length in random order, and their parts."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import BatchSampler, Dataset, Sampler

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


class Parts(Sampler[list[tuple[int, float]]]):
    """What one of ``processes`` processes takes of each batch, in ``pieces`` one after the other.

    Over all processes and pieces these are the batch and nothing else. Each input comes with the weight that the mean
    loss of its part has in the batch's, times the number of parts; where there are more parts than inputs, some parts
    are an input without weight.
    """

    def __init__(self, sampler: Sampler[int], batch_size: int, pieces: int, processes: int, process: int) -> None:
        self.sampler, self.batch_size, self.parts = sampler, batch_size, pieces * processes
        self.numbers = range(process, self.parts, processes)

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.batch_size) * len(self.numbers)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[list[tuple[int, float]]]:
        for batch in BatchSampler(self.sampler, self.batch_size, drop_last=False):
            for part in (batch[number :: self.parts] for number in self.numbers):
                weight = len(part) * self.parts / len(batch)
                yield [(index, weight) for index in part or batch[:1]]


class Weighted(Dataset[tuple[Any, float]]):
    """Inputs that are asked for with a weight, and have it."""

    def __init__(self, inputs: Any) -> None:
        self.inputs = inputs

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: Any) -> tuple[Any, float]:
        return self.inputs[index[0]], index[1]
