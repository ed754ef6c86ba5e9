"""``xh store`` and ``xh report`` over a store made by hand; ``xh plugins`` and ``xh doctor``."""

import json

import pytest
from msgspec.structs import replace

from helpers.distributions import install_distribution
from helpers.running import answer_with_installed, run_installed
from xh.cli.store import _limits
from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import Inputs, Purpose, Stage
from xh.store import Record, Store

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
    plan = build(Request(inter=(), target=("tatoeba",), langs=("de",), data=Places(data), model=encoder), registry())
    store = Store.open(tmp_path / "runs")
    (stage,) = plan.stages.values()
    with store.work(stage) as folder:
        scores = [{"lang": "de", "metric": "accuracy", "value": 41.5, "n": 9, "main": True}]
        (folder / "scores.json").write_text(json.dumps({"scores": scores, "protocol": {}}))
        (folder / "log.jsonl").write_text('{"step": 1}\n')
        store.commit(stage, folder, {}, {}, 3.0)
    return store.folder(stage.id)


def test_ls(xh, stage):
    answer = xh("store", "ls")
    assert answer.out.splitlines()[1].split()[0] == stage.name
    assert "none → tatoeba" in answer.out
    (record,) = json.loads(xh("store", "ls", "--json").out)
    assert (record["stage"], record["target"], record["seconds"]) == (stage.name, "tatoeba", 3.0)


def test_ls_says_what_each_stage_is_for(xh, stage):
    header, line = xh("store", "ls").out.splitlines()
    assert header.split() == ["STAGE", "ENCODER", "LIMITS", "SIZE", "AGE", "FOR"]
    assert line.split()[0] == stage.name
    assert line.split()[1].startswith("model@sha256:")
    assert line.endswith("s  none → tatoeba")
    (record,) = json.loads(xh("store", "ls", "--json").out)
    assert (record["languages"], record["limit_eval"], record["model_dropped"]) == (["de"], None, False)


@pytest.mark.parametrize(("limit", "shown"), [(50000, "50000"), (0.1, "10%"), (0.125, "12.5%")])
def test_limits_are_shown_as_they_are_typed(limit, shown):
    inputs = Inputs(phase="evaluate", encoder="", tasks={}, languages=(), data={}, recipe={})
    label = Purpose(inter="none", target="t", encoder="mini", profile="mini", data="sample")
    for name in ("train", "eval"):
        limited = replace(inputs, **{f"limit_{name}": limit})
        assert _limits(Record(stage=Stage(task="t", inputs=limited, purpose=label), files={})) == f"{name} {shown}"


def test_verify(xh, stage):
    assert xh("store", "verify") == (0, "All 1 stages in runs are complete.\n", "")
    (stage / "scores.json").write_text("{}")
    answer = xh("store", "verify")
    assert answer.code == 5
    assert f"{stage.name}: scores.json has 2 bytes instead of" in answer.err
    assert "xh store gc --runs runs removes what is damaged" in answer.err
    assert list(json.loads(xh("store", "verify", "--json").out)) == [stage.name]


def test_quick_reads_no_large_files(xh, stage):
    path = stage / "log.jsonl"
    path.write_text(path.read_text().replace("1", "2"))
    assert xh("store", "verify", "--quick").code == 0
    assert "log.jsonl is changed: its SHA-256 differs" in xh("store", "verify").err


def test_a_report_names_what_is_damaged(xh, stage):
    (stage / "scores.json").write_text((stage / "scores.json").read_text().replace("41.5", "91.5"))
    answer = xh("report")
    assert "91.5" not in answer.out
    assert answer.err.startswith(
        f"Warning: damaged, so left out: {stage.name} (scores.json is changed: its SHA-256 differs"
    )
    assert stage.name in xh("store", "ls").err


def test_merge(xh, stage, tmp_path):
    assert xh("store", "merge", "runs", "--runs", "all") == (
        0, "1 stage copied from runs to all (115 bytes), 0 were already there.\n", "",
    )  # fmt: skip
    assert xh("store", "merge", "runs", "--runs", "all").out.endswith("(0 bytes), 1 were already there.\n")
    assert (tmp_path / "all" / "stages" / stage.name / "scores.json").read_text() == (stage / "scores.json").read_text()
    (stage / "scores.json").write_text("{}")
    answer = xh("store", "merge", "runs", "--runs", "others", "--json")
    assert (answer.code, list(json.loads(answer.out)["damaged"])) == (5, [stage.name])
    assert f"Left out because they are damaged in runs:\n  {stage.name}: scores.json has 2 bytes" in answer.err
    assert xh("store", "merge", "nowhere").code == 5


@pytest.fixture
def chain(data, encoder, tmp_path):
    """The stages of squad → tatoeba without the baseline, a training and an evaluation."""
    request = Request(
        inter=("squad",), target=("tatoeba",), langs=("de",), data=Places(data), model=encoder, baseline=False
    )  # fmt: skip
    store = Store.open(tmp_path / "runs")
    for stage in build(request, registry()).stages.values():
        with store.work(stage) as folder:
            store.commit(stage, folder, {}, {}, 3.0)
    return store.ids()


def test_rm_takes_what_starts_from_a_stage_only_if_that_is_said(xh, chain):
    evaluation, training = chain
    answer = xh("store", "rm", training[:20])
    assert (answer.code, answer.out) == (2, "")
    assert f"1 stage depends on stages to be removed:\n  {evaluation}\n  Add --children" in answer.err
    assert xh("store", "rm", "intermediate", "--children") == (0, f"{evaluation}\n{training}\n", "2 stages removed.\n")
    assert xh("store", "ls").err == "No stage is finished in runs.\n"


def test_rm_by_what_stages_are_for(xh, chain, stage):
    evaluation, training = chain
    assert xh("store", "rm", "--inter", "squad", "--target", "tatoeba").out == f"{evaluation}\n"
    assert xh("store", "rm", "--inter", "squad").out == f"{training}\n"
    assert xh("store", "rm", "--target", "tatoeba").out == f"{stage.name}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name a stage, or use --target or --inter."),
        (["evaluate-"], "2 stages begin with 'evaluate-'."),
        (["target-"], "There is no stage 'target-'."),
        (["--target", "xquad"], "No stage is for xquad."),
    ],
)
def test_rm_removes_nothing_where_it_is_not_clear_what(xh, chain, stage, words, said):
    answer = xh("store", "rm", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert len(json.loads(xh("store", "ls", "--json").out)) == 3


def test_no_run_is_recorded(xh, stage):
    assert xh("store", "runs") == (0, "", "No run is recorded in runs.\n")


def test_gc_removes_what_is_damaged(xh, stage):
    (stage / "scores.json").write_text("{}")
    assert xh("store", "gc", "--dry-run").err == "1 folder would be removed.\n"
    assert stage.exists()
    assert xh("store", "gc").err == "1 folder was removed.\n"
    assert not stage.exists()
    assert json.loads(xh("store", "gc", "--json").out) == []


@pytest.mark.parametrize("words", ["store ls", "store verify", "store gc", "store runs", "store rm x", "report"])
def test_no_store(xh, words):
    answer = xh(*words.split())
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


def test_a_plugins_format(tmp_path, stage):
    install_distribution(tmp_path, "xh-count", FORMAT)
    assert run_installed(tmp_path, "report", "--format", "count").out == "1 rows\n"


def test_a_store_without_evaluations(xh, tmp_path):
    Store.open(tmp_path / "runs")
    assert xh("report").err == "No evaluation is finished in runs.\n"
    assert json.loads(xh("report", "--format", "json").out)["rows"] == []


def test_plugins_says_what_became_of_each(tmp_path):
    install_distribution(tmp_path, "xh-count", FORMAT)
    install_distribution(tmp_path, "xh-broken", "import nowhere")
    records = {record["dist"]: record for record in json.loads(run_installed(tmp_path, "plugins", "--json").out)}
    assert (records["xh-count"]["state"], records["xh-count"]["hooks"]) == ("loaded", ["xh_report_formats"])
    assert (records["xh-broken"]["state"], records["xh-broken"]["version"]) == ("broken", "1.0")
    assert "No module named 'nowhere'" in records["xh-broken"]["problem"]
    answer = run_installed(tmp_path, "plugins", XH_DISABLE_PLUGINS="xh-count")
    assert ["xh_count", "xh-count", "1.0", "disabled"] in [line.split()[:4] for line in answer.out.splitlines()]
    assert answer.err.startswith("Warning: plugin xh-broken (xh_broken) is left out")


def test_doctor(xh):
    checks = {check["name"]: check for check in json.loads(xh("doctor", "--json").out)}
    assert checks["torch"]["fine"]
    assert checks["computes on"]["fine"]
    assert checks["store"]["found"] == "runs/ is writable"
    answer = xh("doctor")
    assert answer.code == (0 if all(check["fine"] for check in checks.values()) else 1)


def test_doctor_finds_broken_plugins(tmp_path):
    install_distribution(tmp_path, "xh-broken", "import nowhere")
    answer = answer_with_installed(tmp_path, "doctor")
    assert answer.code == 1
    assert "plugin xh-broken (xh_broken) is left out" in answer.out
