"""``xh store`` and ``xh report`` over a store made by hand; ``xh plugins`` and ``xh doctor``."""

import json

import pytest

from xh.plan import Request, build
from xh.plugins import registry
from xh.store import Store

FORMAT = """
from xh.api import ReportFormat, hookimpl

@hookimpl
def xh_report_formats():
    return [ReportFormat(name="count", render="xh_count:render")]

def render(results):
    return f"{len(results.rows)} rows\\n"
"""


@pytest.fixture
def stage(data, encoder, tmp_path):
    """The only stage in ``runs``: an evaluation."""
    plan = build(Request(inter=(), target=("tatoeba",), langs=("de",), data=data, model=encoder), registry())
    store = Store.open(tmp_path / "runs")
    (stage,) = plan.stages.values()
    with store.work(stage) as folder:
        scores = [{"lang": "de", "metric": "accuracy", "value": 41.5, "n": 9, "main": True}]
        (folder / "scores.json").write_text(json.dumps({"scores": scores, "protocol": {}}))
        store.commit(stage, folder, {}, {}, 3.0)
    return store.folder(stage.id)


def test_ls(xh, stage):
    answer = xh("store", "ls")
    assert answer.out.splitlines()[1].split()[0] == stage.name
    assert "none → tatoeba" in answer.out
    (record,) = json.loads(xh("store", "ls", "--json").out)
    assert (record["stage"], record["target"], record["seconds"]) == (stage.name, "tatoeba", 3.0)


def test_verify(xh, stage):
    assert xh("store", "verify") == (0, "All 1 stages in runs are whole.\n", "")
    (stage / "scores.json").write_text("{}")
    answer = xh("store", "verify")
    assert answer.code == 5
    assert f"{stage.name}: scores.json has 2 bytes instead of" in answer.err
    assert list(json.loads(xh("store", "verify", "--json").out)) == [stage.name]


def test_gc_removes_what_is_damaged(xh, stage):
    (stage / "scores.json").write_text("{}")
    assert xh("store", "gc", "--dry-run").err == "1 folder would be removed.\n"
    assert stage.exists()
    assert xh("store", "gc").err == "1 folder was removed.\n"
    assert not stage.exists()
    assert json.loads(xh("store", "gc", "--json").out) == []


@pytest.mark.parametrize("words", [["store", "ls"], ["store", "verify"], ["store", "gc"], ["report"]])
def test_no_store(xh, words):
    answer = xh(*words)
    assert (answer.code, answer.out) == (5, "")
    assert "There is no store at runs." in answer.err


def test_report_in_every_format(xh, stage):
    for name in ("table", "markdown", "html", "latex", "csv", "json"):
        answer = xh("report", "--format", name)
        assert answer.code == 0
        assert "41.5" in answer.out


def test_report_to_a_file(xh, stage, tmp_path):
    assert xh("report", "--format", "csv", "-o", "out.csv") == (0, "", "")
    assert (tmp_path / "out.csv").read_text() == xh("report", "--format", "csv").out
    assert xh("report", "-o", "nowhere/out.csv").code == 5


def test_an_unknown_format_gets_the_nearest(xh, stage):
    answer = xh("report", "--format", "tabel")
    assert answer.code == 3
    assert "Did you mean 'table'?" in answer.err
    assert "Known: csv, html, json, latex, markdown, table." in answer.err


def test_a_plugins_format(process, distribution, stage):
    distribution("xh-count", FORMAT)
    assert process("report", "--format", "count").out == "1 rows\n"


def test_a_store_without_evaluations(xh, tmp_path):
    Store.open(tmp_path / "runs")
    assert xh("report").err == "No evaluation is finished in runs.\n"
    assert json.loads(xh("report", "--format", "json").out)["rows"] == []


def test_plugins_says_what_became_of_each(process, distribution):
    distribution("xh-count", FORMAT)
    distribution("xh-broken", "import nowhere")
    records = {record["dist"]: record for record in json.loads(process("plugins", "--json").out)}
    assert (records["xh-count"]["state"], records["xh-count"]["hooks"]) == ("loaded", ["xh_report_formats"])
    assert (records["xh-broken"]["state"], records["xh-broken"]["version"]) == ("broken", "1.0")
    assert "No module named 'nowhere'" in records["xh-broken"]["problem"]
    answer = process("plugins", XH_DISABLE_PLUGINS="xh-count")
    assert ["xh_count", "xh-count", "1.0", "disabled"] in [line.split() for line in answer.out.splitlines()]
    assert answer.err.startswith("Warning: plugin xh-broken (xh_broken) is left out")


def test_doctor(xh):
    checks = {check["name"]: check for check in json.loads(xh("doctor", "--json").out)}
    assert checks["torch"]["fine"]
    assert checks["computes on"]["fine"]
    assert checks["store"]["found"] == "runs/ can be written"
    answer = xh("doctor")
    assert answer.code == (0 if all(check["fine"] for check in checks.values()) else 1)


def test_doctor_finds_broken_plugins(process, distribution):
    distribution("xh-broken", "import nowhere")
    answer = process("doctor")
    assert answer.code == 1
    assert "plugin xh-broken (xh_broken) is left out" in answer.out
