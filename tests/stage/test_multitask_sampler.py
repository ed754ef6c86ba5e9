"""The order of a multi-task training's batches."""

from collections import Counter

import pytest

from xh.spec import MultiTaskTraining
from xh.training.multitask_sampler import MultiTaskSampler, shares

LENGTHS = [[5 + i % 7 for i in range(40)], [3 + i % 11 for i in range(17)], [4] * 3]


def batches(epoch=0, seed=1, steps=(10, 5, 2), size=4):
    sampler = MultiTaskSampler(LENGTHS, steps, size, seed)
    sampler.set_epoch(epoch)
    indices = list(sampler)
    assert len(indices) == len(sampler)
    return [indices[i : i + size] for i in range(0, len(indices), size)]


def owner(index):
    return 0 if index < 40 else 1 if index < 57 else 2


@pytest.mark.parametrize(
    ("sizes", "text", "recipe", "steps"),
    [
        ([400, 100], [False, False], {}, [100, 25]),
        ([400, 100], [False, False], {"cap": 100}, [25, 25]),
        ([400, 100], [False, False], {"temperature": 2.0}, [84, 42]),
        ([400, 3], [False, False], {}, [100, 1]),
        ([400, 9999], [False, True], {}, [100, 100]),
        ([300, 9999, 100], [False, True, False], {"text_share": 0.2}, [75, 25, 25]),
    ],
)
def test_steps_are_proportional_to_size_cap_and_temperature_and_text_has_its_share(sizes, text, recipe, steps):
    assert shares(sizes, text, MultiTaskTraining(**recipe), batch_size=4) == steps


def test_a_batch_is_of_one_task_and_every_task_has_its_steps():
    owners = [{owner(index) for index in batch} for batch in batches()]
    assert all(len(each) == 1 for each in owners)
    assert Counter(next(iter(each)) for each in owners) == {0: 10, 1: 5, 2: 2}
    assert owners != sorted(owners, key=min)


def test_an_epoch_has_every_input_of_a_task_that_gets_its_size():
    seen = Counter(index for batch in batches() for index in batch)
    assert set(range(57)) <= set(seen) and all(seen[index] == 1 for index in range(40))


def test_a_task_goes_on_where_it_stopped():
    steps = (3, 1, 1)
    first, second, third = ([i for batch in batches(epoch, steps=steps) for i in batch if i < 40] for epoch in range(3))
    assert len({*first, *second, *third}) == 36


def test_the_order_follows_from_seed_and_epoch_alone():
    assert batches(epoch=3) == batches(epoch=3)
    assert batches(epoch=3) != batches(epoch=4)
    assert batches(seed=2) != batches(seed=1)
