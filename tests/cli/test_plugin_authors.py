"""What plugin authors type: new-task and check-plugin. (What they give with real plugins is in tests/e2e.)"""

import json
import re
import tomllib

import pytest

from helpers.distributions import install_distribution
from helpers.running import answer_with_installed, run_installed
from xh.cli.new_task import SORTS


def test_new_task_writes_a_distribution_and_says_what_next(xh, tmp_path):
    answer = xh("new-task", "my_topics")
    assert answer.code == 0, answer.err
    assert "xh check-plugin xh-my-topics" in answer.out
    names = {str(path.relative_to(tmp_path / "xh-my-topics")) for path in (tmp_path / "xh-my-topics").rglob("*.*")}
    assert names >= {"pyproject.toml", "README.md", "xh_my_topics/__init__.py", "tests/test_conformance.py"}
    texts = [path.read_text("utf-8") for path in (tmp_path / "xh-my-topics").rglob("*.*") if path.is_file()]
    assert not any(re.search(r"\$\w", text) for text in texts)


@pytest.mark.parametrize("kind", SORTS)
def test_a_distribution_of_each_kind_could_be_published(xh, tmp_path, kind):
    assert xh("new-task", "xh-topics", "--kind", kind).code == 0
    (folder,) = tmp_path.iterdir()
    assert folder.name == "xh-topics"
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert [*project["entry-points"]["xh"]] == ["topics"]
    assert project["readme"] == "README.md" and project["license-files"] == ["LICENSE"]
    assert re.fullmatch(r"xh>=[\d.]+,<[\d.]+", project["dependencies"][0])
    wanted = ["README.md", "LICENSE", "xh_topics/py.typed", "tests/test_conformance.py", ".github/workflows/test.yml"]
    assert all((folder / name).is_file() for name in wanted)
    assert "xh check-plugin xh-topics" in (folder / ".github/workflows/test.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Topics", "can't be a task's name"), ("none", "can't be a task's name"), ("../x", "can't"), ("squad", "already")],
)
def test_new_task_refuses_names_that_no_task_can_have(xh, tmp_path, name, problem):
    answer = xh("new-task", name)
    assert (answer.code, answer.out) == (2, "")
    assert problem in answer.err
    assert not list(tmp_path.iterdir())


def test_new_task_leaves_what_is_there(xh, tmp_path):
    (tmp_path / "xh-topics").mkdir()
    answer = xh("new-task", "topics")
    assert answer.code == 2 and "already exists" in answer.err
    assert list(tmp_path.rglob("*")) == [tmp_path / "xh-topics"]


def test_new_task_in_a_folder_that_can_not_be_written(xh, tmpfs, monkeypatch):
    with monkeypatch.context() as inside:
        inside.chdir(tmpfs.mount("4k"))
        answer = xh("new-task", "topics")
    assert answer.code == 5 and "No space left" in answer.err


def test_check_plugin_of_what_is_not_installed(xh):
    answer = xh("check-plugin", "xhh")
    assert (answer.code, answer.out) == (3, "")
    assert "Did you mean 'xh'?" in answer.err


def test_check_plugin_wants_numbers_of_shared_rows(xh):
    answer = xh("check-plugin", "xh", "--shared", "udpos")
    assert answer.code == 2 and "--shared TASK=ROWS" in answer.err


BROKEN = "from xh.api import hookimpl\n@hookimpl\ndef xh_tasks():\n    return [1]\n"


def test_check_plugin_of_a_broken_one_says_why(tmp_path):
    install_distribution(tmp_path, "xh-broken", BROKEN)
    answer = run_installed(tmp_path, "check-plugin", "xh-broken")
    assert answer.code == 3
    assert "xh-broken can't be loaded" in answer.err and "must return a list of TaskSpec" in answer.err


ABSENT = """
from xh.api import Files, ReportFormat, TaskSpec, hookimpl

@hookimpl
def xh_tasks():
    data = Files(paths=("nowhere.jsonl",), splits={"train": "train"})
    common = dict(roles=("intermediate",), languages=("en",), data=data, labels=("a", "b"), metric="accuracy")
    return [TaskSpec(name="absent", kind="classify", **common)]

@hookimpl
def xh_report_formats():
    return [ReportFormat(name="short", render="xh_absent:render")]

def render(results):
    return ""
"""


def test_a_check_that_could_not_look_is_no_success(tmp_path):
    install_distribution(tmp_path, "xh-absent", ABSENT)
    answer = answer_with_installed(tmp_path, "check-plugin", "xh-absent", "--json")
    assert answer.code == 6
    assert "Not all of xh-absent could be checked: see absent." in answer.err
    states = {(each["sort"], each["check"]): each["state"] for each in json.loads(answer.out)}
    assert states[("report format", "references")] == states[("plugin", "weight")] == "ok"
    assert states[("task", "learns")] == states[("task", "data")] == "unchecked"


def test_plugins_say_how_long_each_takes_to_load(xh):
    found = json.loads(xh("plugins", "--json").out)
    assert all(plugin["ms"] > 0 for plugin in found if plugin["state"] == "loaded")
    assert "MS" in xh("plugins").out.splitlines()[0]
