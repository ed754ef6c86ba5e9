"""``xh list-tasks`` and ``xh show``."""

import json

import pytest

from helpers.distributions import install_distribution
from helpers.running import run_installed
from xh.cli.list_tasks import TITLES
from xh.plugins import registry

PLUGIN = """
from xh.api import Hub, TaskSpec, hookimpl

@hookimpl
def xh_tasks():
    return [TaskSpec(name="sick", kind="classify", roles=("intermediate",), languages=("en",), metric="accuracy",
                     data=Hub("org/sick", revision="main", splits={"train": "train"}), labels=("yes", "no"),
                     title="SICK-R")]
"""


def names(answer):
    return [line.split()[0] for line in answer.out.splitlines() if line.startswith("  ")]


def test_tasks_are_listed_by_role(xh):
    answer = xh("list-tasks")
    assert answer.code == 0
    before, _, after = answer.out.partition(TITLES["target"])
    assert TITLES["intermediate"] in before
    assert "squad" in before
    assert "xquad" in after
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "there", "gone"),
    [
        (["--role", "target"], "xquad", "squad"),
        (["--kind", "span"], "squad", "bucc"),
        (["--lang", "sw"], "xnli", "xquad"),
        (["--group", "xtreme"], "bucc", "mnli"),
    ],
)
def test_filters(xh, words, there, gone):
    found = names(xh("list-tasks", *words))
    assert there in found
    assert gone not in found


def test_filters_that_nothing_fits(xh):
    answer = xh("list-tasks", "--kind", "span", "--lang", "af")
    assert (answer.code, answer.out.strip(), answer.err) == (0, "", "No task matches all of these.\n")


def test_an_unknown_filter_gets_the_nearest(xh):
    answer = xh("list-tasks", "--kind", "spam")
    assert answer.code == 2
    assert "Did you mean 'span'?" in answer.err


def test_json_has_whole_records(xh):
    records = {record["name"]: record for record in json.loads(xh("list-tasks", "--json").out)}
    assert records["xquad"]["dist"] == "xh"
    assert records["xquad"]["train_from"] == "squad"
    assert records["xquad"]["rows"] == {"test": 1190}


def test_a_third_partys_task_is_listed_with_its_distribution(tmp_path):
    install_distribution(tmp_path, "xh-sick", PLUGIN)
    assert "SICK-R [xh-sick]" in run_installed(tmp_path, "list-tasks").out


def test_show_has_the_record_and_the_origin_of_each_value(xh):
    answer = xh("show", "xquad", "-n", "0", "--set", "xquad.stride=64")
    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.code == 0
    assert ["role", "target,", "trained", "on", "squad"] in lines
    assert ["licence", "CC-BY-SA-4.0"] in lines
    assert ["epochs", "1.0", "tasks.toml", "[profiles.mini.recipes.span]"] in lines
    assert ["stride", "64", "--set"] in lines
    assert ["n_best", "20", "default"] in lines


def test_show_has_samples(xh, data):
    answer = xh("show", "xquad", "--lang", "de", "-n", "1", "--data", data)
    assert f"Samples  test, de, data {data}" in answer.out
    assert answer.out.count("Where does Anna live?") == 1


def test_without_a_language_the_first_one_that_is_there_is_shown(xh, data):
    assert f"Samples  test, de, data {data}" in xh("show", "tatoeba", "--data", data).out


def test_labels_are_shown_by_name(xh):
    for name, place in (("mnli", "label"), ("udpos", "pos_tags")):
        (task,) = (claim.record for shown, claim in registry().tasks if shown == name)
        lines = [line.split(None, 1) for line in xh("show", name, "-n", "1").out.splitlines() if line.strip()]
        (value,) = (words[1] for words in lines if words[0] == place)
        assert value in task.labels or json.loads(value)[0] in task.labels


BUILT_IN = [name for name, claim in registry().tasks if claim.dist == "xh"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_task_has_a_whole_page(xh, name):
    answer = xh("show", name, "-n", "1", "--data", "sample")
    words = [line.split() for line in answer.out.splitlines() if line.strip()]
    assert {"kind", "role", "languages", "metric", "data", "licence", "citation"} <= {line[0] for line in words}
    assert "not said" not in answer.out
    titles = [line[0] for line in words]
    assert 0 < titles.index("Recipe") < titles.index("Samples") < len(words) - 1
    assert ": no /" not in answer.out


def test_show_as_json(xh, data):
    document = json.loads(xh("show", "squad", "-n", "3", "--data", data, "--json").out)
    assert document["task"]["name"] == "squad"
    assert document["recipe"]["select"] == {"value": "english-dev", "origin": "default"}
    assert (document["samples"]["split"], len(document["samples"]["rows"])) == ("train", 3)


def test_samples_that_are_not_there_cost_only_themselves(xh, tmp_path):
    answer = xh("show", "xquad", "--data", str(tmp_path))
    assert answer.code == 0
    assert f"xquad test en: no {tmp_path}" in answer.out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["xqad"], 3, "Did you mean 'xquad'"),
        (["xquad", "--lang", "fr"], 2, "Its languages: ar, de"),
        (["xquad", "--set", "squad.epochs=1"], 2, "this shows 'xquad'"),
    ],
)
def test_show_errors(xh, words, code, text):
    answer = xh("show", *words)
    assert (answer.code, answer.out) == (code, "")
    assert text in answer.err


def test_show_has_the_record_that_a_setting_chooses(xh):
    plain, chosen = (xh("show", "mlqa", "-n", "0", *words).out for words in ((), ("--set", "mlqa.pairs=all")))
    assert " de-en " not in plain and " de-en " in chosen
    assert "all 49 pairs" in chosen
    answer = xh("show", "mlqa", "--set", "mlqa.pairs=none")
    assert answer.code == 2 and "Known: all, same" in answer.err
