"""What comes next: what most of the rest waits for; and how long that takes with several workers."""

import random

import pytest

from xh.engine.scheduler import Scheduler, makespan
from xh.spec import Inputs, Purpose, Stage


def stage(task, parent=None, data=()):
    inputs = Inputs(
        phase="intermediate",
        encoder="",
        tasks={},
        languages=(),
        data={f"{task}/train/en": "", **{f"{each}/train/en": each for each in data}},
        recipe={},
        parent=parent and parent.id,
    )
    return Stage(task=task, inputs=inputs, purpose=Purpose(inter="", target=None, encoder="", profile="", data=""))


@pytest.fixture
def stages():
    """Two that start from nothing, and a chain below the second."""
    alone, first = stage("alone"), stage("first")
    second = stage("second", first)
    return alone, first, second, stage("third", second), stage("other", first)


def order(scheduler):
    names = []
    while found := scheduler.next():
        names.append(found.task)
        scheduler.ended(found)
    return names


def test_without_times_the_order_is_that_of_the_plan(stages):
    assert order(Scheduler(stages)) == ["alone", "first", "second", "third", "other"]


def test_the_longest_way_comes_first(stages):
    alone, first, second, third, other = stages
    seconds = {alone.id: 25.0, first.id: 10.0, second.id: 5.0, third.id: 5.0, other.id: 20.0}
    assert order(Scheduler(stages, seconds)) == ["first", "alone", "other", "second", "third"]


def test_a_stage_of_unknown_time_is_taken_to_be_average(stages):
    alone, *others = stages
    assert order(Scheduler(stages, {alone.id: 1.0, **{each.id: None for each in others}}))[0] == "first"
    assert order(Scheduler(stages, {}))[:2] == ["first", "second"]


def test_a_stage_waits_for_its_parent_unless_that_is_in_the_store(stages):
    alone, first, second, third, other = stages
    scheduler = Scheduler(stages)
    assert [scheduler.next(), scheduler.next(), scheduler.next()] == [alone, first, None]
    scheduler.ended(first)
    assert [scheduler.next(), scheduler.next(), scheduler.next()] == [second, other, None]
    assert Scheduler([second, third]).next() == second


def test_what_does_not_fit_is_kept_for_later(stages):
    alone, first, *_ = stages
    scheduler = Scheduler(stages)
    assert scheduler.next(fits=lambda each: each != alone) == first
    assert scheduler.next(fits=lambda each: False) is None
    assert scheduler.next() == alone


def test_of_ways_about_as_long_a_worker_gets_what_it_has_data_of():
    xnli, pawsx = (stage(name, data=(name,)) for name in ("xnli", "pawsx"))
    again = stage("again", data=("pawsx",))
    seconds = {xnli.id: 100.0, again.id: 95.0}
    assert Scheduler([xnli, again], seconds).next(last=pawsx) == again
    assert Scheduler([xnli, again], seconds | {again.id: 50.0}).next(last=pawsx) == xnli
    assert Scheduler([xnli, again], seconds).next() == xnli


def test_ten_thousand_stages_take_no_more_than_they_must():
    """No schedule is shorter than the work shared out, or than the longest chain."""
    draw = random.Random(1)
    roots = [stage(f"root{number}") for number in range(100)]
    children = [stage(f"{root.task}-{number}", root) for root in roots for number in range(99)]
    seconds = {each.id: draw.uniform(1, 100) for each in [*roots, *children]}
    longest = max(seconds[root.id] for root in roots) + 100
    for workers in (1, 8, 64):
        shared = sum(seconds.values()) / workers
        assert shared - 1e-6 <= makespan([*roots, *children], seconds, workers) <= shared + longest
    assert makespan([*roots, *children], seconds, 1) == pytest.approx(sum(seconds.values()))
