"""Batches of similar length in random order."""

from random import Random

import pytest

from xh.stage.sampler import LengthGrouped

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
