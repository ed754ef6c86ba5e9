"""The table of benchmarks against XTREME's and XTREME-R's own counts, and its own rules."""

import pytest

from xh.results.benchmark import benchmark, benchmarks
from xh.scoring.formats import FORMATS
from xh.spec import UsageError

COUNTS = {
    "xtreme": {
        "pawsx": 7, "xnli": 15, "panx": 40, "udpos": 33, "bucc2018": 4, "tatoeba": 36, "xquad": 11, "mlqa": 7,
        "tydiqa": 9,
    },
    "xtreme-r": {
        "xnli": 15, "panx": 48, "udpos": 38, "tatoeba": 41, "xcopa": 11, "mewslix": 11, "xquad": 12, "mlqa": 7,
        "tydiqa": 9,
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "languages"), [("xtreme", 40), ("xtreme-r", 50)])
def test_languages(name, languages):
    tasks = benchmark(name).tasks
    assert {task.name: len(set(task.languages)) for task in tasks} == COUNTS[name]
    assert len({lang for task in tasks for lang in task.languages}) == languages


@pytest.mark.parametrize("name", COUNTS)
def test_the_table_agrees_with_itself(name):
    chosen = benchmark(name)
    names = {task.name for task in chosen.tasks}
    assert {member for members in chosen.groups.values() for member in members} == names
    assert all(task.format in FORMATS for task in chosen.tasks)
    assert all(bool(task.entry) == bool(task.expected) for task in chosen.tasks)


@pytest.mark.parametrize("group", COUNTS)
def test_every_built_in_target_of_the_group_is_in_the_table(group):
    from xh.plugins import registry

    tasks = {task.name: task for task in benchmark(group).tasks}
    members = [
        each for each in registry().select("target", None, None, group) if each[0] not in benchmark(group).elsewhere
    ]
    for name, _, spec in members:
        assert set(spec.languages) == set(tasks[spec.folder].languages), name


def test_a_name_that_is_none():
    assert list(benchmarks()) == ["xtreme", "xtreme-r"]
    with pytest.raises(UsageError, match="no benchmark 'xtrem'"):
        benchmark("xtrem")
