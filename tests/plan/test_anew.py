"""Stages that the store has and that are made once more, or that stay though a plugin's version is another."""

from types import SimpleNamespace

import pytest

from helpers import made_tasks
from helpers.made_plugins import Owner
from helpers.made_tasks import write_row
from xh.data.places import Places
from xh.plan import Request, build
from xh.plan.anew import outdated
from xh.plan.estimate import pending
from xh.plugins import builtin
from xh.plugins.hookspecs import hookimpl
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import AmbiguousError, Machine, UsageError
from xh.store import Store


def registry_with(monkeypatch, tasks, **versions) -> Registry:
    """A registry of distributions (``xh_made="1.0"``) and their tasks."""
    entries = [("builtin", "xh", "1", builtin)]
    for dist, version in versions.items():
        plugin = SimpleNamespace(xh_tasks=hookimpl(lambda own=tasks[dist]: list(own)))
        entries.append((dist, dist.replace("_", "-"), version, plugin))
    found = [
        SimpleNamespace(name=name, dist=Owner(dist, version), load=lambda module=module: module)
        for name, dist, version, module in entries
    ]
    monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: found)
    return Registry(load())


@pytest.fixture
def tasks():
    own = (made_tasks.qa(), made_tasks.xqa(), made_tasks.pairs())
    return {"xh_made": own, "xh_other": (made_tasks.qa(title="another"), made_tasks.xqa(title="another"))}


def draw_anew(model, tmp_path, known: Registry, inter: str = "qa", target: str = "xqa", **more):
    """A plan from a registry and fields of the request."""
    fields = {
        "langs": ("de",),
        "model": str(model),
        "data": Places(str(tmp_path / "data")),
        "runs": str(tmp_path / "runs"),
    }
    request = Request(**{"inter": tuple(inter.split()), "target": tuple(target.split()), **fields, **more})
    return build(request, known, Store(tmp_path / "runs").evaluations())


def keep_plan(tmp_path, plan, *, dropped: tuple[str, ...] = (), **versions: str) -> Store:
    """Put the stages of a plan into the store, as made by these versions."""
    store = Store.open(tmp_path / "runs")
    for stage in plan.stages.values():
        with store.work(stage) as folder:
            store.commit(
                stage, folder, {}, {name.replace("_", "-"): each for name, each in versions.items()}, 0, Machine()
            )
    return store


def phases(stages) -> list[str]:
    return [f"{stage.phase} {stage.purpose.inter}" for stage in stages]


def test_somebody_elses_plugin_with_the_same_names_makes_nothing_new(monkeypatch, tasks, model, tmp_path, all_rows):
    before = draw_anew(model, tmp_path, registry_with(monkeypatch, tasks, xh_made="1.0"))
    store = keep_plan(tmp_path, before)
    both = registry_with(monkeypatch, tasks, xh_made="1.0", xh_other="1.0")
    after = draw_anew(model, tmp_path, both, "xh-made:qa", "xh-made:xqa")
    assert list(after.stages) == list(before.stages)
    assert pending(after, store)[0] == []
    assert not draw_anew(model, tmp_path, both, "xh-other:qa", "xh-other:xqa").stages.keys() & before.stages.keys()


def test_a_new_version_makes_nothing_new_and_is_named(monkeypatch, tasks, model, tmp_path, all_rows):
    store = keep_plan(
        tmp_path, draw_anew(model, tmp_path, registry_with(monkeypatch, tasks, xh_made="1.0")), xh_made="1.0"
    )
    newer = registry_with(monkeypatch, tasks, xh_made="1.1")
    again = draw_anew(model, tmp_path, newer)
    needed, cached = pending(again, store)
    (found,) = outdated(again.stages, cached, store, newer)
    assert (needed, found.dist, found.made_by, found.installed) == ([], "xh-made", "1.0", "1.1")
    assert set(found.stages) == set(again.stages)
    same = registry_with(monkeypatch, tasks, xh_made="1.0")
    assert outdated(again.stages, cached, store, same) == []


def test_a_stage_that_does_not_say_who_made_it_is_not_outdated(monkeypatch, tasks, model, tmp_path, all_rows):
    known = registry_with(monkeypatch, tasks, xh_made="1.1")
    drawn = draw_anew(model, tmp_path, known)
    assert outdated(drawn.stages, list(drawn.stages), keep_plan(tmp_path, drawn), known) == []


@pytest.mark.parametrize(
    ("word", "made"),
    [
        ("qa", ["intermediate qa", "target none", "evaluate none", "target qa", "evaluate qa"]),
        ("xh-made:qa", ["intermediate qa", "target none", "evaluate none", "target qa", "evaluate qa"]),
        ("xqa", ["evaluate none", "evaluate qa"]),
        ("intermediate-", ["intermediate qa", "target qa", "evaluate qa"]),
        ("evaluate", ["evaluate none", "evaluate qa"]),
    ],
)
def test_what_is_forced_is_made_again_with_all_that_starts_from_it(
    monkeypatch, tasks, model, tmp_path, all_rows, word, made
):
    known = registry_with(monkeypatch, tasks, xh_made="1.0")
    store = keep_plan(tmp_path, draw_anew(model, tmp_path, known))
    needed, cached = pending(draw_anew(model, tmp_path, known, force=(word,)), store)
    assert sorted(phases(needed)) == sorted(made)
    assert len(cached) == 5 - len(made)


def test_one_stage_is_named_by_its_id(monkeypatch, tasks, model, tmp_path, all_rows):
    known = registry_with(monkeypatch, tasks, xh_made="1.0")
    drawn = draw_anew(model, tmp_path, known)
    (training,) = [stage for stage in drawn.stages.values() if stage.phase == "intermediate"]
    assert phases(pending(draw_anew(model, tmp_path, known, force=(training.id,)), keep_plan(tmp_path, drawn))[0]) == [
        "intermediate qa",
        "target qa",
        "evaluate qa",
    ]


@pytest.mark.parametrize("word", ["pairs", "qqa", "evaluate-xqa-0123456789ab"])
def test_what_is_no_stage_or_task_of_the_run_can_not_be_forced(monkeypatch, tasks, model, tmp_path, all_rows, word):
    with pytest.raises(UsageError, match=f"--force {word}: this run has no such stage or task") as caught:
        draw_anew(model, tmp_path, registry_with(monkeypatch, tasks, xh_made="1.0"), force=(word,))
    assert caught.value.todo.startswith("Its tasks: qa, xqa.")


def test_a_name_of_two_plugins_has_to_be_said_in_full_to_be_forced(monkeypatch, tasks, model, tmp_path, all_rows):
    with pytest.raises(AmbiguousError):
        draw_anew(
            model,
            tmp_path,
            registry_with(monkeypatch, tasks, xh_made="1", xh_other="1"),
            "xh-made:qa",
            "xh-made:xqa",
            force=("qa",),
        )


def test_a_target_is_trained_on_its_own_plugins_task_whoever_else_claims_the_name(
    monkeypatch, tasks, model, tmp_path, all_rows
):
    found = draw_anew(
        model,
        tmp_path,
        registry_with(monkeypatch, tasks, xh_made="1", xh_other="1"),
        "none",
        "xh-made:xqa xh-other:xqa",
    )
    assert {stage.inputs.tasks["train"].full_name for stage in found.stages.values() if stage.phase == "target"} == {
        "xh-made:qa",
        "xh-other:qa",
    }


def test_a_language_that_a_release_adds_trains_nothing_anew(monkeypatch, tasks, model, all_rows, tmp_path):
    write_row(tmp_path, "xqa/tr/test")
    store = keep_plan(tmp_path, draw_anew(model, tmp_path, registry_with(monkeypatch, tasks, xh_made="1.0")))
    more = made_tasks.xqa(languages=("en", "de", "sw", "tr"))
    newer = registry_with(monkeypatch, {"xh_made": (made_tasks.qa(), more)}, xh_made="1.1")
    needed, _ = pending(draw_anew(model, tmp_path, newer, langs=("de", "tr")), store)
    assert [(stage.phase, stage.inputs.languages) for stage in needed] == [("evaluate", ("tr",))] * 2
