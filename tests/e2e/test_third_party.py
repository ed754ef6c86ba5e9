"""Plugins that are really installed: wheels of xh and of the fixture plugins, in an environment of their own."""

import json
import os
import re
import subprocess
import sysconfig
import venv
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from xh.cli.new_task import SORTS

ROOT = Path(__file__).parents[2]
DISTS = sorted(path.parent for path in (ROOT / "tests" / "fixture_plugins").glob("*/pyproject.toml"))
BROKEN = {
    "broken-exit": "SystemExit: 7",
    "broken-hook": "unknown hook 'xh_taks'",
    "broken-import": "RuntimeError: a library is too old",
    "broken-record": "xh_tasks: ValueError: task 'broken-record': languages must be a tuple, not a str: write ('en',)",
    "broken-return": "xh_tasks: TypeError: must return a list of TaskSpec, not dict",
    "broken-signature": "Argument(s) {'config'} are declared in the hookimpl but can not be found in the hookspec",
    "broken-syntax": "SyntaxError: expected ':'",
}
GOOD = {"sick-demo", "sick-graded", "similar", "reviews", "xh-twin-a:twins", "xh-twin-b:twins", "xh-clash:squad"}
INSTALL = (
    *("install", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile"),
    *("--quiet", "--disable-pip-version-check"),
)
SMALL = ("--profile", "mini", "--limit-train", "16", "--limit-eval", "8", "--langs", "de")


class Installation:
    """A virtual environment; a call runs its ``xh`` in an empty folder."""

    def __init__(self, folder: Path, work: Path) -> None:
        paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
        self.scripts, self.packages, self.work = Path(paths["scripts"]), Path(paths["purelib"]), work

    def python(self, *arguments: str) -> str:
        return self.run("python", *arguments, check=True).stdout

    def __call__(self, *arguments: object, **variables: object) -> subprocess.CompletedProcess[str]:
        return self.run("xh", *map(str, arguments), **variables)

    def json(self, *arguments: object, **variables: object):
        done = self(*arguments, "--json", **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, program: str, *arguments: str, check: bool = False, **variables: object):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XH_", "PYTHON", "PIP_"))}
        extra = {"NO_COLOR": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(self.work / "hf")}
        return subprocess.run(
            [self.scripts / program, *arguments],
            cwd=self.work,
            env={**kept, **extra, **{name: str(value) for name, value in variables.items()}},
            capture_output=True,
            encoding="utf-8",
            check=check,
        )


@pytest.fixture(scope="session")
def xh(tmp_path_factory) -> Installation:
    """A fresh environment with wheels of xh and all fixture plugins; torch and the rest are lent by this one."""
    folder, work = tmp_path_factory.mktemp("venv"), tmp_path_factory.mktemp("work")
    venv.create(folder, with_pip=find_spec("pip") is None)
    made = Installation(folder, work)
    lent = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (made.packages / "lent.pth").write_text("\n".join(lent))
    made.python("-m", "pip", *INSTALL, str(ROOT), *map(str, DISTS))
    return made


@pytest.fixture(scope="session")
def trained(xh, tiny, tmp_path_factory):
    """A run through all phases, on both sides a third party's task and a built-in one; the rows and the diary."""
    runs, diary = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("diary") / "diary.txt"
    request = (
        *("--inter", "sick-demo,squad", "--target", "sick-demo,tatoeba", *SMALL, "--runs", runs),
        *("--set", "sick-demo.epochs=1", "--set", "squad.epochs=1", "--model", tiny),
    )
    return request, runs, diary, xh.json("run", *request, XH_EXTRAS_DIARY=diary)


def warnings(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("Warning:")]


def test_the_wheel_of_xh_is_whole_and_the_one_in_use(xh):
    code = "import xh, xh.mini, xh.plan.settings as s; print(xh.__file__, s.packaged(), xh.mini.ENCODER, sep='\\n')"
    for path in map(Path, xh.python("-c", code).splitlines()):
        assert path.is_relative_to(xh.packages) and path.exists()
    assert (xh.packages / "xh" / "py.typed").exists()
    assert str(ROOT / "harness") not in xh.python("-c", "import sys; print(sys.path)")


def test_broken_plugins_cost_a_line_each_and_their_own_tasks(xh):
    done = xh("list-tasks", "--json")
    assert done.returncode == 0
    names = {task["name"] for task in json.loads(done.stdout)}
    assert names >= GOOD | {"squad", "mnli", "xnli", "xquad", "tatoeba", "bucc"}
    assert not any("broken" in name for name in names)
    lines = warnings(done)
    for short, problem in BROKEN.items():
        (line,) = [line for line in lines if f"xh-{short} " in line]
        assert problem in line
    assert len(lines) == len(BROKEN) + len(["squad", "twins"])


def test_the_list_names_the_distribution_of_a_third_party(xh):
    done = xh("list-tasks", "--group", "demo")
    assert "Graded sentence pairs, entailment [xh-sick-demo]" in done.stdout
    assert "tatoeba" not in done.stdout


@pytest.mark.parametrize("short", BROKEN)
def test_a_task_of_a_broken_plugin_is_not_available(xh, short):
    done = xh("run", "--inter", short, "--target", "xnli")
    assert done.returncode == 3
    assert f"Task '{short}' is not available." in done.stderr
    assert f"Its plugin xh-{short} 0.1.0 could not be loaded: " in done.stderr
    assert BROKEN[short] in done.stderr.split("\nError:")[1]


def test_the_state_of_every_plugin_is_told(xh):
    states = {plugin["entry"]: (plugin["state"], plugin["version"]) for plugin in xh.json("plugins")}
    assert {name for name, (state, _) in states.items() if state == "broken"} == set(BROKEN)
    assert states["sick-demo"] == ("loaded", "1.2.0")
    assert states["extras"] == ("loaded", "0.3.1")


def test_a_built_in_name_can_not_be_shadowed(xh):
    assert xh.json("show", "squad", "-n", "0")["task"]["kind"] == "span"
    assert xh.json("show", "xh-clash:squad", "-n", "0")["task"]["title"] == "The squad of xh-clash"
    own = ("--inter", "xh-clash:squad", "--set", "xh-clash:squad.select=last", "--target", "tatoeba", "--langs", "de")
    assert [stage["rows"] for stage in xh.json("plan", *own)["stages"] if stage["phase"] == "intermediate"] == [2]


def test_two_tasks_of_one_name_are_two_tasks_in_one_run(xh):
    both = ("--inter", "xh-clash:squad,squad", "--set", "xh-clash:squad.select=last", "--target", "xquad")
    stages = xh.json("plan", *both, "--langs", "en")["stages"]
    assert [stage["inter"] for stage in stages if stage["phase"] == "intermediate"] == ["xh-clash:squad", "squad"]
    assert len({stage["stage"] for stage in stages if stage["phase"] == "target"}) == 3


def test_a_name_of_two_third_parties_is_ambiguous(xh):
    done = xh("run", "--inter", "twins", "--target", "xnli")
    assert done.returncode == 4
    assert "Task 'twins' comes from xh-twin-a and xh-twin-b." in done.stderr
    assert "Say xh-twin-a:twins or xh-twin-b:twins." in done.stderr
    assert xh.json("show", "xh-twin-b:twins", "-n", "0")["task"]["title"] == "The twins of xh-twin-b"


def test_somebody_elses_claim_of_a_name_renames_no_stage(xh):
    words = ("plan", "--target", "tatoeba", "--langs", "de", "--no-baseline")
    alone = xh.json(*words, "--inter", "twins", "--set", "twins.select=last", XH_DISABLE_PLUGINS="xh-twin-b")
    both = xh.json(*words, "--inter", "xh-twin-a:twins", "--set", "xh-twin-a:twins.select=last")
    assert [stage["stage"] for stage in both["stages"]] == [stage["stage"] for stage in alone["stages"]]
    other = xh.json(*words, "--inter", "xh-twin-b:twins", "--set", "xh-twin-b:twins.select=last")
    assert not {stage["stage"] for stage in both["stages"]} & {stage["stage"] for stage in other["stages"]}


def test_plugins_can_be_disabled_by_distribution_and_by_entry_point(xh):
    disable = {"XH_DISABLE_PLUGINS": "xh-broken-exit, twin-b"}
    plugins = xh.json("plugins", **disable)
    assert {plugin["dist"] for plugin in plugins if plugin["state"] == "disabled"} == {"xh-broken-exit", "xh-twin-b"}
    done = xh("show", "twins", "-n", "0", **disable)
    assert done.returncode == 0
    assert "The twins of xh-twin-a" in done.stdout
    assert not any("xh-broken-exit" in line or "twin" in line for line in warnings(done))


def test_a_third_partys_task_runs_through_all_phases(trained):
    _, _, _, results = trained
    cells = Counter((row["inter"], row["target"]) for row in results["rows"] if row["main"])
    assert cells == {(i, t): 1 for i in ("none", "sick-demo", "squad") for t in ("sick-demo", "tatoeba")}


def test_its_own_metric_is_the_main_one(trained):
    _, _, _, results = trained
    rows = [row for row in results["rows"] if row["target"] == "sick-demo"]
    assert {(row["metric"], row["main"]) for row in rows} == {("macro_f1", True), ("accuracy", False)}
    for row in rows:
        assert 0 <= row["value"] <= 100
        assert row["n"] == 8
        assert not row["comparable"]
        assert (row["delta"] is None) == (row["inter"] == "none")


def test_its_predictions_are_in_the_store(trained):
    _, runs, _, results = trained
    stage = next(row["stage"] for row in results["rows"] if row["target"] == "sick-demo")
    lines = (runs / "stages" / stage / "predictions" / "sick-demo" / "test-de.tsv").read_text("utf-8").splitlines()
    assert len(lines) == 8
    assert set(lines) <= {"entailment", "neutral", "contradiction"}


def test_announcements_come_in_order(trained):
    _, _, diary, results = trained
    lines = diary.read_text("utf-8").splitlines()
    assert lines[0] == "run starts: 11 stages, 0 cached"
    assert lines[-1] == "run ends: 11 done, 0 failed"
    stage = next(row["stage"] for row in results["rows"] if row["target"] == "sick-demo")
    told = [line.removeprefix(f"{stage} ") for line in lines if line.startswith(stage)]
    assert told == ["starts", "says de macro_f1", "says de accuracy", "ends"]
    assert sum(line.startswith("intermediate-sick-demo") and line.endswith("starts") for line in lines) == 1


def test_an_announcing_hook_that_raises_is_logged_and_changes_nothing(xh, trained):
    request, runs, _, _ = trained
    done = xh("run", *request, XH_EXTRAS_RAISE="xh_run_end")
    assert done.returncode == 0, done.stderr
    (line,) = (runs / "hooks.log").read_text("utf-8").splitlines()
    assert line == "xh_run_end of plugin xh-extras:extras raised RuntimeError: xh_run_end has had enough"


def test_another_version_of_a_plugin_makes_nothing_new_and_is_said(xh, trained):
    request, *_ = trained
    metadata = next(xh.packages.glob("xh_sick_demo-*.dist-info/METADATA"))
    text = metadata.read_text("utf-8")
    metadata.write_text(text.replace("Version: 1.2.0", "Version: 1.3.0"), "utf-8")
    try:
        page, done = xh("plan", *request), xh("run", *request)
        found = xh.json("plan", *request)["made_by_other_versions"]
        forced = xh.json("plan", *request, "--force", "sick-demo")["stages"]
    finally:
        metadata.write_text(text, "utf-8")
    assert "0 stages to run" in page.stdout
    assert "made by xh-sick-demo 1.2.0,  installed 1.3.0  7 stages" in page.stdout
    assert "0 stages run, 11 already in" in done.stderr and "xh-sick-demo 1.2.0, installed 1.3.0" in done.stderr
    assert [(each["dist"], len(each["stages"])) for each in found] == [("xh-sick-demo", 7)]
    states = {(stage["inter"], stage["target"]): stage["state"] for stage in forced}
    assert states == {
        ("none", "sick-demo"): "again",
        ("none", "tatoeba"): "cached",
        ("sick-demo", None): "again",
        ("sick-demo", "sick-demo"): "again",
        ("sick-demo", "tatoeba"): "again",
        ("squad", None): "cached",
        ("squad", "sick-demo"): "again",
        ("squad", "tatoeba"): "cached",
    }


def test_a_report_format_and_a_command(xh, trained):
    _, runs, diary, _ = trained
    headline = xh("report", "--runs", runs, "--format", "headline").stdout
    assert headline.startswith(("sick-demo gives ", "squad gives "))
    assert xh("diary", "--last", XH_EXTRAS_DIARY=diary).stdout == "run ends: 11 done, 0 failed\n"
    without = xh("diary")
    assert without.returncode == 6
    assert "There is no diary." in without.stderr
    assert "Show the diary" in xh("--help").stdout


def test_a_study_is_planned(xh, tmp_path):
    page = xh("study", "plan", "reviews-size", "--profile", "mini", "--runs", tmp_path).stdout
    assert "limit-intermediate  40" in page and "intermediate-mnli" in page
    assert "reviews after more and more inference data" in xh("study", "list").stdout


def test_an_encoder_is_known_by_name_and_revision(xh):
    done = xh("run", "--target", "tatoeba", "--model", "extras-tiny", "--data", "sample", "--offline")
    assert done.returncode == 6
    assert f"xh-extras/tiny@{'0' * 12} is not in the cache (offline)" in done.stderr


def test_a_language_of_ones_own(xh):
    (toki,) = [found for found in xh.json("list-langs", "--group", "script:Latn") if found["name"] == "tok"]
    assert (toki["title"], toki["joshi"], toki["targets"]) == ("Toki Pona", None, 1)
    assert "tok" not in {found["name"] for found in xh.json("list-langs", "--group", "low")}
    stages = xh.json("plan", "--target", "reviews", "--langs", "tok", "--profile", "mini")["stages"]
    assert [stage["languages"] for stage in stages if stage["phase"] == "evaluate"] == [["tok"]]
    assert "Did you mean 'tok' (Toki Pona)?" in xh("plan", "--target", "reviews", "--langs", "Toki Pona").stderr


def test_a_kind_and_rows_of_ones_own(xh, tiny, tmp_path):
    request = ("--inter", "similar", "--target", "sick-graded,reviews,similar", *SMALL, "--model", tiny)
    epochs = [word for name in ("sick-graded", "reviews", "similar") for word in ("--set", f"{name}.epochs=1")]
    rows = xh.json("run", *request, *epochs, "--runs", tmp_path)["rows"]
    assert {(row["target"], row["metric"], row["n"]) for row in rows} == {
        ("sick-graded", "pearson", 8),
        ("reviews", "accuracy", 4),
        ("similar", "spearman", 8),
    }
    assert next(row for row in rows if row["target"] == "sick-graded")["protocol"]["best"] == 5.0
    known = {row["target"] for row in rows if row["ci95_examples"]}
    assert known == {"reviews", "similar"}, "intervals of what is a sum over examples, and of a kind's own metrics"


def test_a_profile_without_a_recipe_for_a_plugins_kind_is_said_to_have_none(xh):
    done = xh("plan", "--target", "sick-graded,similar", *SMALL)
    (line,) = [line for line in warnings(done) if "has no recipe" in line]
    assert line == ("Warning: profile mini has no recipe for sick-graded, so the defaults apply (xh show TASK)")


def test_a_deciding_hook_that_raises_fails_its_stage(xh, tmp_path):
    diary = tmp_path / "diary.txt"
    request = ("--target", "reviews", *SMALL, "--runs", tmp_path)
    done = xh("run", *request, XH_EXTRAS_RAISE="xh_load_data", XH_EXTRAS_DIARY=diary)
    assert done.returncode == 1
    assert "RuntimeError: xh_load_data has had enough" in done.stderr
    lines = diary.read_text("utf-8").splitlines()
    assert any(line.endswith("fails: RuntimeError: xh_load_data has had enough") for line in lines)
    assert lines[-1].startswith("run ends: 0 done, 1 failed")


NEW = """
import sys
from xh.cli.main import main
sys.exit(max(main(["new-task", f"xh-fresh-{kind}", "--kind", kind]) for kind in sys.argv[1:]))
"""
CHECK = """
import io, json, pytest, sys, xh_fresh_classify
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from xh.cli.main import main
codes = [main(["check-plugin", dist, "--json"]) for dist in sys.argv[1:]]

data = Path(xh_fresh_classify.__file__).parent / "data" / "en"
train, test = (data / name for name in ("train.jsonl", "test.jsonl"))
more = '{"sentence": "Oh.", "kind": "exclamation"}\\n'
test.write_text(train.read_text("utf-8").splitlines(keepends=True)[0] + test.read_text("utf-8") + more, "utf-8")
with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
    code = main(["check-plugin", "xh-fresh-classify"])
print(json.dumps([code, out.getvalue(), err.getvalue()]))

own = [f"xh-fresh-{kind}/tests" for kind in ("own", "method")]
sys.exit(max(*codes, pytest.main(["--quiet", "--quiet", "--import-mode=importlib", *own])))
"""


PUBLISHED = ("xh-sick-demo", "xh-extras", "xh-similarity")


@pytest.fixture(scope="module")
def conforming(xh):
    """What check-plugin says of fixture plugins, and of one of each kind that was just made; all in one process.

    And then what it says of one whose data were spoilt: code, output and errors.
    """
    dists = [*PUBLISHED, *(f"xh-fresh-{kind}" for kind in SORTS)]
    xh.python("-c", NEW, *SORTS)
    xh.python("-m", "pip", *INSTALL, *(str(xh.work / dist) for dist in dists[3:]))
    done = xh.run("python", "-c", CHECK, *dists)
    assert done.returncode == 0, done.stdout + done.stderr
    decoder, found, rest = json.JSONDecoder(), {}, done.stdout
    for dist in (*dists, "spoilt"):
        found[dist], end = decoder.raw_decode(rest)
        rest = rest[end:].lstrip()
    return found


@pytest.mark.parametrize(
    "dist", ["xh-sick-demo", "xh-extras", "xh-similarity", *(f"xh-fresh-{kind}" for kind in SORTS)]
)
def test_what_is_published_or_just_made_conforms(conforming, dist):
    assert {outcome["state"] for outcome in conforming[dist]} <= {"ok", "skipped"}


@pytest.mark.parametrize("dist", [*PUBLISHED, "xh-fresh-tag", "xh-fresh-own"])
def test_its_tasks_and_its_other_records_are_checked(conforming, dist):
    checked = {outcome["check"] for outcome in conforming[dist] if outcome["state"] == "ok"}
    assert checked >= {"weight", "features", "gold", "files", "learns"}


def test_what_new_task_writes_can_be_published(xh, conforming):
    read = "from importlib.metadata import metadata; import json; print(json.dumps(metadata('xh-fresh-own').json))"
    found = json.loads(xh.python("-c", read))
    assert (found["license_expression"], found["description_content_type"]) == ("MIT", "text/markdown")
    assert found["description"].startswith("# xh-fresh-own")
    assert any(re.fullmatch(r"xh<0\.\d+,>=0\.\d+", needed) for needed in found["requires_dist"])
    assert (xh.packages / "xh_fresh_own" / "py.typed").exists()


def test_a_new_task_conforms_as_it_is_until_it_is_spoilt(conforming):
    code, out, err = conforming["spoilt"]
    assert code == 3
    assert "fresh-classify test en, row 10: label 'exclamation' is not one of 0 statement" in out
    assert "xh-fresh-classify does not conform" in err
