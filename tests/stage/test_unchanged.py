"""What a stage has read must be what it is named after."""

import shutil

import pytest

import xh.mini
from xh.plan import Request, build
from xh.plugins import hookimpl, registry
from xh.spec import MissingError
from xh.stage.execute import execute
from xh.store import Store


class Changing:
    """A plugin that evaluates while somebody changes a file."""

    def __init__(self, path):
        self.path = path

    @hookimpl
    def xh_evaluate(self, job):
        if self.path:
            self.path.write_bytes(self.path.read_bytes() + b"\n")
        return {"scores": [], "protocol": {}}


@pytest.mark.parametrize("name", ["data/google/xtreme/tatoeba.deu/validation.jsonl", "encoder/config.json", None])
def test_a_file_that_changed_meanwhile_is_no_result(tmp_path, name):
    shutil.copytree(xh.mini.SAMPLE / "google", tmp_path / "data/google")
    shutil.copytree(xh.mini.ENCODER, tmp_path / "encoder")
    places = {"data": str(tmp_path / "data"), "model": str(tmp_path / "encoder"), "runs": str(tmp_path / "runs")}
    request = Request(inter=("none",), target=("tatoeba",), langs=("de",), profile="mini", **places)
    plan, plugin, store = build(request, registry()), Changing(name and tmp_path / name), Store.open(tmp_path / "runs")
    (stage,) = plan.stages.values()
    registry().plugins.manager.register(plugin)
    try:
        if name is None:
            assert not execute(stage, plan.site, registry(), lambda entry: None)
        else:
            with pytest.raises(MissingError, match="changed after the run was planned"):
                execute(stage, plan.site, registry(), lambda entry: None)
    finally:
        registry().plugins.manager.unregister(plugin)
    assert store.ids() == ([] if name else [stage.id])
