"""Which task each step of a multi-task training is of, and on which inputs: a function of seed and step alone."""

import math
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import torch
from torch.utils.data import Sampler

from xh.training.sampler import LengthGrouped


def shares(sizes: Sequence[int], text: Sequence[bool], recipe: Any, batch_size: int) -> list[int]:
    """How many steps of an epoch each task gets, at least one.

    In proportion to ``min(size, cap) ** (1 / temperature)``, as jiant's samplers; all inputs make one epoch. Where some
    of the tasks are running text and some are not, text gets its share of the steps beside the others' epoch.
    """
    capped = [min(size, recipe.cap or size) for size in sizes]
    groups = [[i for i, each in enumerate(text) if each == kind] for kind in (False, True)]
    inputs = [sum(capped[i] for i in group) for group in groups]
    if all(groups):
        inputs[1] = round(inputs[0] * recipe.text_share / (1 - recipe.text_share))
    steps = [0] * len(sizes)
    for group, total in zip(groups, inputs, strict=True):
        weights = {i: capped[i] ** (1 / recipe.temperature) for i in group}
        for i, weight in weights.items():
            steps[i] = max(1, math.ceil(total * weight / sum(weights.values()) / batch_size))
    return steps


class MultiTaskSampler(Sampler[int]):
    """Whole batches of one task each, in random order; a task goes on in the next epoch where it stopped.

    ``lengths``: of each task's inputs, which are numbered through; ``steps``: batches of each task in an epoch.
    """

    def __init__(self, lengths: Sequence[Sequence[int]], steps: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.steps, self.batch_size, self.seed, self.epoch = lengths, steps, batch_size, seed, 0

    def __len__(self) -> int:
        return sum(self.steps) * self.batch_size

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        tasks = [task for task, count in enumerate(self.steps) for _ in range(count)]
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        streams = [self._batches(task) for task in range(len(self.steps))]
        for place in torch.randperm(len(tasks), generator=generator).tolist():
            yield from next(streams[tasks[place]])

    def _batches(self, task: int) -> Iterator[list[int]]:
        """A task's batches from this epoch's first one on."""
        before = sum(map(len, self.lengths[:task]))
        each = math.ceil(len(self.lengths[task]) / self.batch_size)
        done, skipped = divmod(self.epoch * self.steps[task], each)
        while True:
            order = LengthGrouped(list(self.lengths[task]), self.batch_size, self.seed)
            order.set_epoch(done)
            indices = list(islice(cycle([before + index for index in order]), each * self.batch_size))
            batches = [indices[i : i + self.batch_size] for i in range(0, len(indices), self.batch_size)]
            yield from batches[skipped:]
            done, skipped = done + 1, 0
