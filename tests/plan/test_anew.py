"""Stages that the store has and that are made once more, or that stay though a plugin's version is another."""

from types import SimpleNamespace

import pytest

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


@pytest.fixture
def registry(monkeypatch):
    """A function from distributions (``xh_made="1.0"``) and their tasks to the registry of them all."""

    def made(tasks, **versions) -> Registry:
        entries = [("builtin", "xh", "1", builtin)]
        for dist, version in versions.items():
            plugin = SimpleNamespace(xh_tasks=hookimpl(lambda own=tasks[dist]: list(own)))
            entries.append((dist, dist.replace("_", "-"), version, plugin))
        found = [
            SimpleNamespace(
                name=name, dist=SimpleNamespace(name=dist, version=version), load=lambda module=module: module
            )
            for name, dist, version, module in entries
        ]
        monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: found)
        return Registry(load())

    return made


@pytest.fixture
def tasks(made_tasks):
    own = (made_tasks.qa(), made_tasks.xqa(), made_tasks.pairs())
    return {"xh_made": own, "xh_other": (made_tasks.qa(title="another"), made_tasks.xqa(title="another"))}


@pytest.fixture
def plan(model, tmp_path, all_rows):
    """A function from a registry and fields of the request to a plan."""

    def drawn(known: Registry, inter: str = "qa", target: str = "xqa", **more):
        fields = {
            "langs": ("de",),
            "model": str(model),
            "data": Places(str(tmp_path / "data")),
            "runs": str(tmp_path / "runs"),
        }
        request = Request(**{"inter": tuple(inter.split()), "target": tuple(target.split()), **fields, **more})
        return build(request, known, Store(tmp_path / "runs").evaluations())

    return drawn


@pytest.fixture
def keep(tmp_path):
    """A function that puts the stages of a plan into the store, as made by these versions."""

    def put(plan, *, dropped: tuple[str, ...] = (), **versions: str) -> Store:
        store = Store.open(tmp_path / "runs")
        for stage in plan.stages.values():
            with store.work(stage) as folder:
                store.commit(
                    stage, folder, {}, {name.replace("_", "-"): each for name, each in versions.items()}, 0, Machine()
                )
        return store

    return put


def phases(stages) -> list[str]:
    return [f"{stage.phase} {stage.purpose.inter}" for stage in stages]


def test_somebody_elses_plugin_with_the_same_names_makes_nothing_new(registry, tasks, plan, keep):
    before = plan(registry(tasks, xh_made="1.0"))
    store = keep(before)
    both = registry(tasks, xh_made="1.0", xh_other="1.0")
    after = plan(both, "xh-made:qa", "xh-made:xqa")
    assert list(after.stages) == list(before.stages)
    assert pending(after, store)[0] == []
    assert not plan(both, "xh-other:qa", "xh-other:xqa").stages.keys() & before.stages.keys()


def test_a_new_version_makes_nothing_new_and_is_named(registry, tasks, plan, keep):
    store = keep(plan(registry(tasks, xh_made="1.0")), xh_made="1.0")
    newer = registry(tasks, xh_made="1.1")
    again = plan(newer)
    needed, cached = pending(again, store)
    (found,) = outdated(again.stages, cached, store, newer)
    assert (needed, found.dist, found.made_by, found.installed) == ([], "xh-made", "1.0", "1.1")
    assert set(found.stages) == set(again.stages)
    same = registry(tasks, xh_made="1.0")
    assert outdated(again.stages, cached, store, same) == []


def test_a_stage_that_does_not_say_who_made_it_is_not_outdated(registry, tasks, plan, keep):
    known = registry(tasks, xh_made="1.1")
    drawn = plan(known)
    assert outdated(drawn.stages, list(drawn.stages), keep(drawn), known) == []


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
def test_what_is_forced_is_made_again_with_all_that_starts_from_it(registry, tasks, plan, keep, word, made):
    known = registry(tasks, xh_made="1.0")
    store = keep(plan(known))
    needed, cached = pending(plan(known, force=(word,)), store)
    assert sorted(phases(needed)) == sorted(made)
    assert len(cached) == 5 - len(made)


def test_one_stage_is_named_by_its_id(registry, tasks, plan, keep):
    known = registry(tasks, xh_made="1.0")
    drawn = plan(known)
    (training,) = [stage for stage in drawn.stages.values() if stage.phase == "intermediate"]
    assert phases(pending(plan(known, force=(training.id,)), keep(drawn))[0]) == [
        "intermediate qa",
        "target qa",
        "evaluate qa",
    ]


@pytest.mark.parametrize("word", ["pairs", "qqa", "evaluate-xqa-0123456789ab"])
def test_what_is_no_stage_or_task_of_the_run_can_not_be_forced(registry, tasks, plan, word):
    with pytest.raises(UsageError, match=f"--force {word}: this run has no such stage or task") as caught:
        plan(registry(tasks, xh_made="1.0"), force=(word,))
    assert caught.value.todo.startswith("Its tasks: qa, xqa.")


def test_a_name_of_two_plugins_has_to_be_said_in_full_to_be_forced(registry, tasks, plan):
    with pytest.raises(AmbiguousError):
        plan(registry(tasks, xh_made="1", xh_other="1"), "xh-made:qa", "xh-made:xqa", force=("qa",))


def test_a_target_is_trained_on_its_own_plugins_task_whoever_else_claims_the_name(registry, tasks, plan):
    found = plan(registry(tasks, xh_made="1", xh_other="1"), "none", "xh-made:xqa xh-other:xqa")
    assert {stage.inputs.tasks["train"].full_name for stage in found.stages.values() if stage.phase == "target"} == {
        "xh-made:qa",
        "xh-other:qa",
    }


def test_a_language_that_a_release_adds_trains_nothing_anew(registry, tasks, plan, keep, rows_at, made_tasks):
    rows_at("xqa/tr/test")
    store = keep(plan(registry(tasks, xh_made="1.0")))
    more = made_tasks.xqa(languages=("en", "de", "sw", "tr"))
    newer = registry({"xh_made": (made_tasks.qa(), more)}, xh_made="1.1")
    needed, _ = pending(plan(newer, langs=("de", "tr")), store)
    assert [(stage.phase, stage.inputs.languages) for stage in needed] == [("evaluate", ("tr",))] * 2
