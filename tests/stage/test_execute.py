"""Before the work of a stage begins, and where its disk fails."""

import shutil

import pytest

from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import MissingError, StorageError
from xh.stage.execute import _disk_errors, execute
from xh.store import Store


def test_an_encoder_that_changed_since_the_plan_is_not_taken(encoders, tmp_path):
    found, folder = Registry(load()), tmp_path / "encoder"
    shutil.copytree(encoders["AutoModel"], folder)
    request = Request(
        inter=("none",), target=("tatoeba",), langs=("de",), model=str(folder), runs=str(tmp_path),
        data=Places("sample"), overrides={"tatoeba": {"max_length": 32, "layer": 1}},
    )  # fmt: skip
    Store.open(tmp_path)
    plan = build(request, found)
    (stage,) = plan.stages.values()
    config = folder / "config.json"
    config.write_text(config.read_text() + " ")
    with pytest.raises(MissingError, match=r"The encoder in .* has changed since the run was planned") as caught:
        execute(stage, plan.locations, found, lambda entry: None)
    assert caught.value.todo == "Run the same command again."


def test_a_file_larger_than_allowed_is_an_error_of_storage(tmp_path):
    def too_large():
        raise RuntimeError("Error while serializing: I/O error: File too large (os error 27)")

    with pytest.raises(StorageError, match="can't be written") as caught:
        _disk_errors(tmp_path, too_large)
    assert "ulimit -f" in caught.value.todo
