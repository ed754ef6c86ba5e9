"""What is recorded of machine and versions."""

import json
import subprocess
from pathlib import Path

import pytest
import torch

from xh.plan import Request, build
from xh.plugins import hookimpl, registry
from xh.stage import made_on
from xh.stage.execute import execute
from xh.store import Store


class Installed:
    """A distribution with this ``direct_url.json``."""

    def __init__(self, origin):
        self.origin = origin

    def read_text(self, name):
        return self.origin and json.dumps(self.origin)


@pytest.fixture
def forgetful():
    """What xh comes from is looked up anew."""
    made_on.commit.cache_clear()
    yield
    made_on.commit.cache_clear()


def install(monkeypatch, folder: Path, origin=None) -> None:
    """Have xh come from somewhere: what pip wrote about it, and the file of the package."""
    monkeypatch.setattr(made_on, "distribution", lambda name: Installed(origin))
    monkeypatch.setattr(made_on, "CHECKOUT", folder)


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_machine_is_this_one():
    found = made_on.machine("bf16")
    cuda = torch.cuda.is_available()
    assert (found.device, found.precision) == ("cuda" if cuda else "cpu", "bf16")
    assert found.threads == torch.get_num_threads()
    assert found.processor == (torch.cuda.get_device_name() if cuda else made_on._cpu()) != ""


def test_a_checkout_has_its_commit_and_says_what_was_changed(forgetful, monkeypatch, tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "tag", "v1")
    install(monkeypatch, tmp_path)
    head = git(tmp_path, "rev-parse", "HEAD")
    assert made_on.commit() == {"xh-commit": head}
    (tmp_path / "file").write_text("two")
    made_on.commit.cache_clear()
    assert made_on.commit() == {"xh-commit": f"{head}-dirty"}


def test_so_has_a_worktree(forgetful, monkeypatch, tmp_path):
    main, other = tmp_path / "main", tmp_path / "other"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "first")
    git(main, "worktree", "add", "-q", str(other))
    install(monkeypatch, other)
    assert made_on.commit() == {"xh-commit": git(main, "rev-parse", "HEAD")}


def test_what_pip_installed_from_git_has_the_commit_that_pip_noted(forgetful, monkeypatch, tmp_path):
    install(
        monkeypatch, tmp_path, {"url": "https://example.org/xh.git", "vcs_info": {"vcs": "git", "commit_id": "c" * 40}}
    )
    assert made_on.commit() == {"xh-commit": "c" * 40}


@pytest.mark.parametrize("origin", [None, {"url": "file:///xh", "dir_info": {}}])
def test_elsewhere_there_is_none(forgetful, monkeypatch, tmp_path, origin):
    install(monkeypatch, tmp_path, origin)
    assert made_on.commit() == {}
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    made_on.commit.cache_clear()
    assert made_on.commit() == {}


def test_a_commit_makes_no_checkpoint_another_version():
    assert "xh-commit" not in made_on.versions()
    assert {"torch", "transformers", "tokenizers", "faiss-cpu", "xh"} <= made_on.versions().keys()


class Evaluating:
    """A plugin that evaluates in its own way."""

    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def xh_evaluate(self, job):
        return {"scores": [], "protocol": {}} | self.answer


@pytest.mark.parametrize(("answer", "precision"), [({"precision": "fp16"}, "fp16"), ({}, "")])
def test_of_a_plugins_evaluation_what_it_says_is_recorded(tmp_path, answer, precision):
    request = Request(inter=("none",), target=("bucc",), langs=("de",), runs=str(tmp_path))
    plan, plugin, logged = build(request, registry()), Evaluating(answer), []
    store = Store.open(tmp_path)
    registry().plugins.manager.register(plugin)
    try:
        for stage in plan.stages.values():
            execute(stage, plan.locations, registry(), logged.append)
    finally:
        registry().plugins.manager.unregister(plugin)
    (record,) = store.records()
    assert record.machine == made_on.machine(precision)
    assert json.loads((store.folder(record.stage.id) / "scores.json").read_text()) == {"scores": [], "protocol": {}}
    assert [entry["machine"]["processor"] for entry in logged] == [record.machine.processor]
    assert record.versions == made_on.versions() | made_on.commit()


def test_scores_that_are_no_numbers_are_not_committed(tmp_path):
    request = Request(inter=("none",), target=("bucc",), langs=("de",), runs=str(tmp_path))
    plan, plugin, store = build(request, registry()), Evaluating({"scores": [float("nan")]}), Store.open(tmp_path)
    registry().plugins.manager.register(plugin)
    try:
        with pytest.raises(ValueError, match="not JSON compliant"):
            execute(next(iter(plan.stages.values())), plan.locations, registry(), lambda entry: None)
    finally:
        registry().plugins.manager.unregister(plugin)
    assert not store.ids()
