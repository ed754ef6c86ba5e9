"""``xh list-langs``."""

import json

import pytest

from helpers.distributions import install_distribution
from helpers.running import run_installed

PLUGIN = """
from xh.api import Files, TaskSpec, hookimpl

@hookimpl
def xh_tasks():
    return [TaskSpec(name="made", kind="bitext", roles=("target",), languages=("en", "qaa"), metric="accuracy",
                     data=Files(paths=("{lang}.jsonl",), splits={"test": "test"}))]
"""


def rows(answer):
    return {line.split()[0]: line for line in answer.out.splitlines()[1:]}


def test_languages_are_listed_with_what_is_known(xh):
    answer = xh("list-langs")
    assert answer.code == 0 and len(rows(answer)) == 51
    assert rows(answer)["ha"].split() == ["ha", "1"]  # Hausa is in MultiCheckList alone, and nothing is recorded of it
    assert rows(answer)["ur"].split() == ["ur", "Urdu", "Arab", "Indo-European,", "Indo-Aryan", "3", "730", "10"]
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("group", "codes"),
    [("family:uralic", "et fi hu"), ("script:Arab", "ar fa ur"), ("class:2", "ht mr pa sw wo yo")],
)
def test_a_group(xh, group, codes):
    assert [*rows(xh("list-langs", "--group", group))] == codes.split()


def test_whole_records_for_programs(xh):
    found = {each["name"]: each for each in json.loads(xh("list-langs", "--json").out)}
    assert (found["sw"]["iso639_3"], found["sw"]["cc100_gib"], found["sw"]["distances"]["syntax"]) == ("swa", 1.6, 0.54)
    assert found["qu"]["cc100_tokens"] is None


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ("lwo", "Did you mean 'low'?"),
        ("script:Arap", "Did you mean 'script:Arab'"),
        ("unseen", "The trainings before an evaluation decide which languages are unseen."),
    ],
)
def test_what_is_no_group_of_languages(xh, group, text):
    answer = xh("list-langs", "--group", group)
    assert answer.code == 2 and text in answer.err


def test_no_language_in_a_group_is_said(xh, monkeypatch):
    monkeypatch.setattr("xh.cli.list_langs.belongs", lambda code, group, registry: None)
    assert xh("list-langs", "--group", "low") == (0, "", "No language is known to be in this group.\n")


def test_a_language_that_only_a_task_names_has_a_line(tmp_path):
    install_distribution(tmp_path, "xh-made", PLUGIN)
    answer = run_installed(tmp_path, "list-langs", "--json")
    (found,) = [each for each in json.loads(answer.out) if each["name"] == "qaa"]
    assert (answer.err, found["title"], found["joshi"], found["targets"]) == ("", "", None, 1)
