"""Finding and loading plugins, each by itself."""

import sys

import pytest

from helpers.made_plugins import Plugin, discover, make_task, register


def unknown_hook():
    return []


def wrong_signature(config):
    return []


def fail(error):
    raise error


BROKEN = {
    "raises": (
        {"on_load": lambda: fail(ImportError("no libfoo.so\nthat is sad"))},
        "ImportError: no libfoo.so that is",
    ),
    "syntax": ({"on_load": lambda: compile("def f(:", "f.py", "exec")}, "SyntaxError: "),
    "exit": ({"on_load": lambda: sys.exit(7)}, "SystemExit: 7"),
    "hook": ({"xh_taks": unknown_hook}, "unknown hook 'xh_taks'"),
    "signature": ({"xh_tasks": wrong_signature}, "Argument(s) {'config'} are declared"),
}


def test_plugins_are_loaded_with_their_hooks_xh_first(monkeypatch):
    found = discover(
        monkeypatch,
        Plugin("xh-b", xh_tasks=lambda: []),
        Plugin("xh-a", xh_encoders=lambda: [], xh_run_end=lambda: None),
        Plugin("xh", "squad"),
    ).found
    assert [(each.dist, each.entry, each.version) for each in found] == [
        ("xh", "squad", "1.0"),
        ("xh-a", "a", "1.0"),
        ("xh-b", "b", "1.0"),
    ]
    assert [each.hooks for each in found] == [(), ("xh_encoders", "xh_run_end"), ("xh_tasks",)]


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_plugin_costs_no_other(monkeypatch, how):
    options, problem = BROKEN[how]
    plugins = discover(monkeypatch, Plugin("xh-a"), Plugin("xh-bad", **options), Plugin("xh-c", xh_tasks=lambda: []))
    (broken,) = plugins.broken
    assert broken.dist == "xh-bad"
    assert problem in broken.problem
    assert "\n" not in broken.problem
    assert [each.dist for each in plugins.found if not each.problem] == ["xh-a", "xh-c"]


def test_no_hook_of_a_broken_plugin_is_called(monkeypatch):
    plugins = discover(monkeypatch, Plugin("xh-bad", xh_tasks=lambda: [], xh_taks=unknown_hook))
    assert not list(plugins.implementations("xh_tasks"))


def test_ctrl_c_while_loading_is_no_broken_plugin(monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        discover(monkeypatch, Plugin("xh-a", on_load=lambda: fail(KeyboardInterrupt())))


@pytest.mark.parametrize("name", ["xh-a", "first"])
def test_a_disabled_plugin_is_not_even_imported(monkeypatch, name):
    monkeypatch.setenv("XH_DISABLE_PLUGINS", f"nothing, {name}")
    plugins = discover(monkeypatch, Plugin("xh-a", "first", on_load=lambda: fail(AssertionError())), Plugin("xh-b"))
    assert [(each.dist, each.disabled) for each in plugins.found] == [("xh-a", True), ("xh-b", False)]
    assert not plugins.broken


def test_what_an_interrupted_installation_leaves_costs_nothing(monkeypatch):
    plugins = discover(
        monkeypatch, Plugin(None, "half", on_load=lambda: fail(ModuleNotFoundError("half"))), Plugin("xh-a")
    )
    assert [(each.dist, each.version) for each in plugins.found] == [("?", "?"), ("xh-a", "1.0")]


def test_a_module_counts_for_the_first_entry_point_that_names_it(monkeypatch):
    first = Plugin("xh-a", xh_tasks=lambda: [make_task("snow")])
    second = Plugin("xh-b", on_load=first.load)
    registry = register(monkeypatch, first, second)
    assert [dist for _, dist, _ in registry.select()] == ["xh-a"]
    assert [each.dist for each in registry.plugins.broken] == ["xh-b"]


def test_an_entry_without_a_name_is_not_disabled(monkeypatch):
    nameless = Plugin("xh-", xh_tasks=lambda: [])
    assert nameless.name == "" and not discover(monkeypatch, nameless).found[0].disabled
