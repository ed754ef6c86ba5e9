"""What plugin authors type: new-task and check-plugin. (What they give with real plugins is in tests/e2e.)"""

import pytest


def test_new_task_writes_a_distribution_and_says_what_next(xh, tmp_path):
    answer = xh("new-task", "my_topics")
    assert answer.code == 0, answer.err
    assert "xh check-plugin xh-my-topics" in answer.out
    names = {str(path.relative_to(tmp_path / "xh-my-topics")) for path in (tmp_path / "xh-my-topics").rglob("*.*")}
    assert names >= {"pyproject.toml", "README.md", "xh_my_topics/__init__.py", "tests/test_conformance.py"}
    texts = [path.read_text("utf-8") for path in (tmp_path / "xh-my-topics").rglob("*.*") if path.is_file()]
    assert not any("$" in text for text in texts)


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
    assert answer.code == 2 and "is there already" in answer.err
    assert list(tmp_path.rglob("*")) == [tmp_path / "xh-topics"]


def test_new_task_in_a_folder_that_can_not_be_written(xh, mounted, monkeypatch):
    with monkeypatch.context() as inside:
        inside.chdir(mounted("4k"))
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


def test_check_plugin_of_a_broken_one_says_why(process, distribution):
    distribution("xh-broken", BROKEN)
    answer = process("check-plugin", "xh-broken")
    assert answer.code == 3
    assert "xh-broken can't be loaded" in answer.err and "must return a list of TaskSpec" in answer.err
