"""Whose versions are recorded with a stage."""

import pytest

from xh.api import Files, KindSpec
from xh.plugins.makers import makers
from xh.spec import Inputs, Purpose, Stage


@pytest.fixture
def stage():
    """A function from a task to the stage that evaluates it, or trains on it."""

    def made(task, phase="evaluate"):
        tasks = {"test": task} if phase == "evaluate" else {"train": task, "dev": task}
        inputs = Inputs(phase=phase, encoder="e", tasks=tasks, languages=("de",), data={}, recipe={})
        purpose = Purpose(inter="none", target=task.name, encoder="e", profile="none", data="hub")
        return Stage(task=task.name, inputs=inputs, purpose=purpose)

    return made


def test_nobody_decides_beside_xh_where_all_is_built_in(register, plugin, task, stage):
    registry = register(plugin("xh", "base", xh_tasks=lambda: [task("squad")]))
    assert makers(stage(registry.task("squad")), registry) == {}


def test_the_plugins_of_a_task_and_of_what_its_record_names_are_makers(register, plugin, task, stage):
    rows = Files(paths=("a.txt",), splits={"train": "t", "test": "t"}, reader="rain.rows:read")
    registry = register(
        plugin("xh", "base"),
        plugin("xh-snow", xh_tasks=lambda: [task("snow", kind="ice", data=rows, metric="msgspec.x:f1")]),
        plugin("xh-rain"),
        plugin("xh-hail", xh_kinds=lambda: [KindSpec(name="ice", code="sleet.kind:Ice")]),
        plugin("xh-sleet"),
        plugin("xh-fog"),
    )
    found = makers(stage(registry.task("snow")), registry)
    assert found.pop("msgspec")
    assert found == {"xh-hail": "1.0", "xh-rain": "1.0", "xh-sleet": "1.0", "xh-snow": "1.0"}


def test_a_plugin_with_a_deciding_hook_is_a_maker_of_what_it_may_decide(register, plugin, task, stage):
    registry = register(
        plugin("xh", "base", xh_tasks=lambda: [task("squad")], xh_evaluate=lambda job: {}),
        plugin("xh-snow", xh_train=lambda job: None),
        plugin("xh-rain", xh_phase_start=lambda stage: None),
    )
    assert makers(stage(registry.task("squad"), "target"), registry) == {"xh-snow": "1.0"}
    assert makers(stage(registry.task("squad")), registry) == {}
