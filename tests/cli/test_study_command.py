"""``xh study``: questions listed, shown, planned, run and reported."""

import json

import pytest

from xh.cli.main import main
from xh.spec.cell import BASELINE

OWN = """
[studies.layers]
title = "which layer finds translations"
question = "In which layer are translations nearest?"
views = ["curve:tatoeba.layer"]

[studies.layers.options]
inter = ["none"]
target = ["tatoeba"]
profile = "mini"
langs = ["de", "sw"]
limit-eval = 8
vary = { "tatoeba.layer" = [0, 2] }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.toml").write_text(OWN)
    return tmp_path


def test_studies_of_plugins_and_of_ones_own_are_listed(folder, capsys):
    assert main(["study", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines][-1] == "layers"
    assert "scale-gap" in [line.split()[0] for line in lines]
    assert main(["study", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"]["views"] == ["curve:tatoeba.layer"]


def test_a_study_is_shown_with_its_question_arms_and_views(folder, capsys):
    assert main(["study", "show", "scale-gap"]) == 0
    shown = capsys.readouterr().out
    for text in ("question", "Arm 2", "--train-lang  each", "Views", "  gap", "With --profile mini"):
        assert text in shown


def test_what_a_study_says_does_not_steer_the_terminal(folder, capsys):
    text = OWN.replace("which layer", "\\u001b[31mwhich layer").replace("In which", "\\u0007In which")
    (folder / "tasks.toml").write_text(text)
    assert main(["study", "show", "layers"]) == main(["study", "list"]) == 0
    shown = capsys.readouterr().out
    assert "\\x1b[31mwhich layer" in shown and not {"\x1b", "\x07"} & {*shown}


def test_a_study_is_planned_with_what_is_typed(folder, capsys):
    assert main(["study", "plan", "layers", "--json", "--langs", "de"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [(each["axis"], each["value"], each["cells"]) for each in plan["axes"]] == [
        ("tatoeba.layer", 0, 1),
        ("tatoeba.layer", 2, 1),
    ]
    assert {tuple(stage["languages"]) for stage in plan["stages"]} == {("de",)}


def test_a_study_runs_shows_its_views_and_is_reported(folder, capsys):
    assert main(["study", "run", "layers", "--limit-eval", "4"]) == 0
    ran = capsys.readouterr()
    assert "averages by tatoeba.layer" in ran.out and "2 stages run" in ran.err
    assert BASELINE in ran.out
    assert main(["study", "report", "layers", "--limit-eval", "4", "--format", "markdown"]) == 0
    assert "### averages by tatoeba.layer" in capsys.readouterr().out
    assert main(["study", "report", "layers", "--limit-eval", "4", "--view", "table"]) == 0
    assert "averages by" not in capsys.readouterr().out


def test_an_unknown_study_gets_the_nearest(folder, capsys):
    assert main(["study", "plan", "layer"]) == 2
    assert "Did you mean 'layers'?" in capsys.readouterr().err
