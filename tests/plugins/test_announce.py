"""Announcing hooks: everybody is told, whatever the others do."""

import sys

from helpers.made_plugins import Plugin, discover


def test_everybody_is_told_with_the_arguments_they_ask_for(monkeypatch):
    told = []
    plugins = discover(
        monkeypatch,
        Plugin("xh-a", xh_run_end=lambda done, failed: told.append((done, failed))),
        Plugin("xh-b", xh_run_end=lambda: told.append(())),
    )
    assert plugins.announce("xh_run_end", done=["a"], failed={}, interrupted=False) == []
    assert sorted(told) == [(), (["a"], {})]


def test_one_that_raises_or_exits_is_named_and_stops_nothing(monkeypatch):
    told = []
    plugins = discover(
        monkeypatch,
        Plugin("xh-a", xh_phase_start=lambda: 1 / 0),
        Plugin("xh-b", xh_phase_start=lambda: sys.exit(3)),
        Plugin("xh-c", xh_phase_start=lambda stage: told.append(stage)),
    )
    assert sorted(plugins.announce("xh_phase_start", stage="a stage")) == [
        "xh_phase_start of plugin xh-a:a raised ZeroDivisionError: division by zero",
        "xh_phase_start of plugin xh-b:b raised SystemExit: 3",
    ]
    assert told == ["a stage"]
