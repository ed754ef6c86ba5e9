"""Results of plugins' tasks: what they are called, and which version of a plugin made them."""

import pytest
from msgspec.structs import replace

from helpers.shelf import make_task
from xh.results.filters import Filter
from xh.results.machines import unlike
from xh.results.rows import collect


@pytest.fixture
def clash(shelf):
    """A baseline from before somebody else claimed the task's names, and a cell from after that."""

    def named(name: str):
        return make_task(name, dist="xh-a")

    target, inter = named("xh-a:t"), named("xh-a:i")
    source = shelf.train("target", named("t"))
    baseline = shelf.evaluate(named("t"), {"de": 50.0}, parent=source)
    first = shelf.train("intermediate", inter, inter="xh-a:i")
    second = shelf.train("target", target, inter="xh-a:i", parent=first)
    shelf.evaluate(target, {"de": 60.0}, inter="xh-a:i", parent=second, label={"baseline": baseline})
    return shelf


def test_one_task_has_one_name_and_its_baseline_whoever_claimed_the_name_meanwhile(clash):
    rows = collect(clash.store).rows
    assert [(row.inter, row.target, row.delta) for row in rows] == [("none", "t", None), ("i", "t", 10.0)]
    assert rows[1].protocol["data"] == "rev-de"


def test_tasks_of_two_plugins_with_one_name_are_told_apart(clash):
    clash.evaluate(make_task("t", dist="xh-b"), {"de": 70.0})
    assert {(row.target, row.value) for row in collect(clash.store).rows} == {
        ("xh-a:t", 50.0),
        ("xh-a:t", 60.0),
        ("xh-b:t", 70.0),
    }


@pytest.mark.parametrize("word", ["t", "xh-a:t"])
def test_a_report_is_asked_for_by_the_short_name_and_in_full(clash, word):
    assert len(collect(clash.store, wanted=Filter(target=(word,))).rows) == 2


def test_a_difference_between_what_two_versions_of_a_plugin_made_says_so(clash):
    ids = clash.store.ids()
    records = [replace(clash.store.record(each), versions={"xh-a": "1.0", "torch": each}) for each in ids]
    newer = [replace(record, versions={"xh-a": "1.1"}) for record in records]
    assert unlike(records, records) == ()
    assert unlike(newer, records) == ("xh-a 1.1, baseline 1.0",)
