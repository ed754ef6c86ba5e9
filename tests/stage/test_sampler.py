"""Batches of similar length in random order, and their parts."""

from random import Random

import pytest
import torch
from torch.utils.data import BatchSampler

from xh.training.sampler import LengthGrouped, Parts

BATCH = 8


def lengths(count):
    random = Random(count)
    return [min(512, int(random.lognormvariate(3.5, 0.7)) + 3) for _ in range(count)]


def in_batches(order):
    return [order[i : i + BATCH] for i in range(0, len(order), BATCH)]


def padding(order, sizes):
    """Padded tokens that are none, per token."""
    padded = sum(max(sizes[i] for i in batch) * len(batch) for batch in in_batches(order))
    return padded / sum(sizes) - 1


@pytest.mark.parametrize("count", [1, 7, 8, 9, 100, 399, 400, 401, 3000])
def test_an_epoch_has_every_index_once(count):
    assert sorted(LengthGrouped(lengths(count), BATCH, 1)) == list(range(count))


@pytest.mark.parametrize("count", [64, 250, 3000])
def test_padding_is_far_below_that_of_a_random_order_on_small_sets_too(count):
    sizes = lengths(count)
    at_random = padding(Random(1).sample(range(count), count), sizes)
    assert padding(list(LengthGrouped(sizes, BATCH, 1)), sizes) < at_random / 4


def test_the_order_is_that_of_its_seed_and_epoch():
    def order(seed, epoch):
        sampler = LengthGrouped(lengths(100), BATCH, seed)
        sampler.set_epoch(epoch)
        return tuple(sampler)

    assert order(1, 0) == order(1, 0)
    assert len({order(seed, epoch) for seed in (0, 1, 2) for epoch in (0, 1, 2)}) == 9


def test_other_inputs_share_a_batch_in_another_epoch():
    sampler = LengthGrouped(lengths(3000), BATCH, 1)
    first = {frozenset(batch) for batch in in_batches(list(sampler))}
    sampler.set_epoch(1)
    assert len(first & {frozenset(batch) for batch in in_batches(list(sampler))}) < 10


def test_batches_do_not_come_by_length():
    sizes = lengths(400)
    means = [sum(sizes[i] for i in batch) / len(batch) for batch in in_batches(list(LengthGrouped(sizes, BATCH, 1)))]
    assert means != sorted(means)
    assert abs(sum(means[:25]) - sum(means[25:])) < sum(means) / 2


def test_the_remainder_is_the_last_batch():
    assert len(in_batches(list(LengthGrouped(lengths(20), BATCH, 1)))[-1]) == 4


SHAPES = [(1, 1), (2, 1), (3, 1), (4, 1), (1, 4), (2, 2), (3, 2), (16, 1)]
"""Processes, and pieces of each one's part."""


@pytest.mark.parametrize("count", [24, 27, 33, 3])
@pytest.mark.parametrize(("processes", "pieces"), SHAPES)
def test_the_parts_of_a_batch_are_the_batch(count, processes, pieces):
    """Of the same batch for all, and in each epoch; each process has as many steps."""
    order = LengthGrouped(lengths(count), BATCH, 1)
    for epoch in (0, 1):
        order.set_epoch(epoch)
        batches = list(BatchSampler(order, BATCH, drop_last=False))
        teams = [Parts(order, BATCH, pieces, processes, number) for number in range(processes)]
        steps = [list(distributed) for distributed in teams]
        assert {len(each) for each in [*teams, *steps]} == {len(batches) * pieces}
        for number, batch in enumerate(batches):
            parts = [part for each in steps for part in each[number * pieces : (number + 1) * pieces]]
            assert all(parts)
            assert sorted(index for part in parts for index, weight in part if weight) == sorted(batch)


@pytest.mark.parametrize("count", [24, 27, 33, 3])
@pytest.mark.parametrize(("processes", "pieces"), SHAPES)
def test_the_weighted_mean_of_the_parts_is_the_mean_of_the_batch(count, processes, pieces):
    losses = torch.rand(count, dtype=torch.float64)
    order = LengthGrouped(lengths(count), BATCH, 1)
    found = [list(Parts(order, BATCH, pieces, processes, number)) for number in range(processes)]
    means = torch.tensor([[part[0][1] * losses[[i for i, _ in part]].mean() for part in each] for each in found])
    wanted = [float(losses[batch].mean()) for batch in BatchSampler(order, BATCH, drop_last=False)]
    assert means.reshape(processes, -1, pieces).mean((0, 2)).tolist() == pytest.approx(wanted)


def test_alone_and_whole_the_loss_is_left_as_it_is():
    order = LengthGrouped(lengths(27), BATCH, 1)
    assert {weight for part in Parts(order, BATCH, 1, 1, 0) for _, weight in part} == {1.0}
