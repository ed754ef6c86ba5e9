"""What is checked of a distribution besides its tasks."""

import sys
from types import ModuleType

import click
import pytest

from xh.spec import CommandSpec, EncoderSpec, EngineSpec, KindSpec, LanguageSpec, MethodSpec, ReportFormat
from xh.testing.plugin import facts, references, weight


@pytest.fixture
def made(monkeypatch):
    """A module ``xh_made`` with a few objects."""
    module = ModuleType("xh_made")
    module.run = lambda stages, locations, listener: None
    module.render = lambda results, view: ""
    module.nothing = lambda: None
    module.command = click.Command("made")
    module.Plain = type("Plain", (), {})
    monkeypatch.setitem(sys.modules, "xh_made", module)


RECORDS = [
    (EngineSpec(name="made", run="xh_made:run"), ""),
    (EngineSpec(name="made", run="xh_made:rnu"), "run='xh_made:rnu': module 'xh_made' has no attribute 'rnu'"),
    (EngineSpec(name="made", run="xh_made:nothing"), "can't be called with stages, locations, listener"),
    (
        EngineSpec(name="made", run="xh_made:run", check="xh_mad:check"),
        "check='xh_mad:check': No module named 'xh_mad'",
    ),
    (ReportFormat(name="made", render="xh_made:render"), ""),
    (ReportFormat(name="made", render="xh_made:nothing"), "can't be called with results"),
    (CommandSpec(name="made", command="xh_made:command"), ""),
    (CommandSpec(name="made", command="xh_made:run"), "command='xh_made:run': is not a click command"),
    (KindSpec(name="made", code="xh.kinds.tag:Tag"), ""),
    (KindSpec(name="made", code="xh_made:Plain"), "is not a subclass of xh.api.TrainedKind"),
    (KindSpec(name="made", code="xh.kinds.supervised:TrainedKind"), "has no decode, features"),
    (MethodSpec(name="made", code="xh_made:Plain"), "is not a subclass of xh.api.Method"),
    (EncoderSpec(name="made", source="org/made"), ""),
    (EncoderSpec(name="made", source="/nowhere/made"), "source: there is no folder /nowhere/made"),
]


@pytest.mark.parametrize(("record", "problem"), RECORDS, ids=lambda each: getattr(each, "name", each))
def test_where_a_record_leads(made, record, problem):
    found = references(record)
    assert (not found) if not problem else problem in found[0]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, ""),
        ({"iso639_3": "tok", "script": "Latn", "distances": {"syntax": 0.3}}, ""),
        ({"title": ""}, "title: it has no name"),
        ({"iso639_3": "to"}, "iso639_3='to': is not three letters"),
        ({"script": "Latin"}, "script='Latin': is no code of ISO 15924"),
        ({"distances": {"syn": 0.3}}, "distances: syn is none of syntax, phonology"),
    ],
)
def test_what_a_language_is_said_to_be(fields, problem):
    found = facts(LanguageSpec(**({"name": "tok", "title": "Toki Pona"} | fields)))
    assert (not found) if not problem else problem in found[0]


@pytest.mark.parametrize(("code", "problem"), [("import numpy", "imports numpy: every start"), ("import json", "")])
def test_what_registering_imports(tmp_path, monkeypatch, code, problem):
    info = tmp_path / "xh_made-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xh-made\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[xh]\nmade = xh_made\n")
    (tmp_path / "xh_made.py").write_text(
        f"from xh.api import hookimpl\n@hookimpl\ndef xh_tasks():\n    {code}\n    return []\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = weight("xh-made")
    assert (not found) if not problem else problem in found[0]
