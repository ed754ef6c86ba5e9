"""Before the work of a stage begins, and where its disk fails."""

import shutil

import pytest
from msgspec.structs import replace

from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import MissingError, StorageError
from xh.stage.execute import _disk_errors, execute
from xh.store import Store


def plan_evaluation(tmp_path, folder, **more):
    """A plan of one cheap evaluation of an encoder's folder, and the registry."""
    found = Registry(load())
    request = Request(
        inter=("none",), target=("tatoeba",), langs=("de",), model=str(folder), runs=str(tmp_path),
        data=Places("sample"), overrides={"tatoeba": {"max_length": 32, "layer": 1}}, **more,
    )  # fmt: skip
    Store.open(tmp_path)
    return build(request, found), found


def test_a_stage_is_made_once_unless_it_is_forced(encoders, tmp_path):
    plan, found = plan_evaluation(tmp_path, encoders["AutoModel"], force=("tatoeba",))
    (stage,) = plan.stages.values()
    assert not execute(stage, plan.locations, found, lambda entry: None)
    folder = tmp_path / "stages" / stage.id
    first, scores = folder.stat().st_ino, (folder / "scores.json").read_bytes()
    assert not execute(stage, plan.locations, found, lambda entry: None)
    assert folder.stat().st_ino != first and (folder / "scores.json").read_bytes() == scores
    assert execute(stage, replace(plan.locations, anew=()), found, lambda entry: None)


@pytest.mark.parametrize(("name", "trusted"), [("config.json", False), ("modeling_own.py", True)])
def test_an_encoder_that_changed_since_the_plan_is_not_taken(encoders, tmp_path, name, trusted):
    folder = tmp_path / "encoder"
    shutil.copytree(encoders["AutoModel"], folder)
    (folder / "modeling_own.py").write_text("x = 1")
    plan, found = plan_evaluation(tmp_path, folder, trust_remote_code=trusted)
    (stage,) = plan.stages.values()
    changed = folder / name
    changed.write_text(changed.read_text() + " ")
    with pytest.raises(MissingError, match=r"The encoder in .* has changed since the run was planned") as caught:
        execute(stage, plan.locations, found, lambda entry: None)
    assert caught.value.todo == "Run the same command again."


def test_a_file_larger_than_allowed_is_an_error_of_storage(tmp_path):
    def too_large():
        raise RuntimeError("Error while serializing: I/O error: File too large (os error 27)")

    with pytest.raises(StorageError, match="can't be written") as caught:
        _disk_errors(tmp_path, too_large)
    assert "ulimit -f" in caught.value.todo
