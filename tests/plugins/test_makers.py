"""Whose versions are recorded with a stage."""

from helpers.made_plugins import Plugin, make_task, register
from xh.api import Files, KindSpec
from xh.plugins.makers import makers
from xh.spec import Inputs, Purpose, Stage


def stage_of(task, phase="evaluate"):
    """The stage that evaluates a task, or trains on it."""
    tasks = {"test": task} if phase == "evaluate" else {"train": task, "dev": task}
    inputs = Inputs(phase=phase, encoder="e", tasks=tasks, languages=("de",), data={}, recipe={})
    purpose = Purpose(inter="none", target=task.name, encoder="e", profile="none", data="hub")
    return Stage(task=task.name, inputs=inputs, purpose=purpose)


def test_nobody_decides_beside_xh_where_all_is_built_in(monkeypatch):
    registry = register(monkeypatch, Plugin("xh", "base", xh_tasks=lambda: [make_task("squad")]))
    assert makers(stage_of(registry.task("squad")), registry) == {}


def test_the_plugins_of_a_task_and_of_what_its_record_names_are_makers(monkeypatch):
    rows = Files(paths=("a.txt",), splits={"train": "t", "test": "t"}, reader="rain.rows:read")
    registry = register(
        monkeypatch,
        Plugin("xh", "base"),
        Plugin("xh-snow", xh_tasks=lambda: [make_task("snow", kind="ice", data=rows, metric="msgspec.x:f1")]),
        Plugin("xh-rain"),
        Plugin("xh-hail", xh_kinds=lambda: [KindSpec(name="ice", code="sleet.kind:Ice")]),
        Plugin("xh-sleet"),
        Plugin("xh-fog"),
    )
    found = makers(stage_of(registry.task("snow")), registry)
    assert found.pop("msgspec")
    assert found == {"xh-hail": "1.0", "xh-rain": "1.0", "xh-sleet": "1.0", "xh-snow": "1.0"}


def test_a_plugin_with_a_deciding_hook_is_a_maker_of_what_it_may_decide(monkeypatch):
    registry = register(
        monkeypatch,
        Plugin("xh", "base", xh_tasks=lambda: [make_task("squad")], xh_evaluate=lambda job: {}),
        Plugin("xh-snow", xh_train=lambda job: None),
        Plugin("xh-rain", xh_phase_start=lambda stage: None),
    )
    assert makers(stage_of(registry.task("squad"), "target"), registry) == {"xh-snow": "1.0"}
    assert makers(stage_of(registry.task("squad")), registry) == {}
