"""Branches that move, repositories that are renamed, scripts, and encoders that are not there: what a plan says."""

import json
import shutil
from pathlib import Path

import pytest

from helpers.standin import COMMIT, Hub

OTHER = "b" * 40
PAIRS = ("--target", "pairs", "--data", "hub", "--model", "someone/encoder", "--limit-eval", "8")
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The data set with its first row gone, and another file."""
    folder = tmp_path / "changed"
    shutil.copytree(tmp_path / "pairs", folder)
    lines = (folder / "validation.jsonl").read_text().splitlines(keepends=True)
    (folder / "validation.jsonl").write_text("".join(lines[1:]))
    return folder


def planned(call, *words: str, **variables: str) -> dict:
    done = call("plan", *PAIRS, "--json", *words, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_branch_that_moved_makes_new_stages_and_the_plan_says_so(hub: Hub, call, branchy, changed):
    run = call("run", *PAIRS, "--json", **branchy)
    assert run.returncode == 0, run.stderr
    (row,) = json.loads(run.stdout)["rows"]
    assert row["protocol"]["data"] == COMMIT
    assert row["protocol"]["encoder_identity"] == COMMIT
    appendix = json.loads(call("report", "--format", "json", **branchy).stdout)["appendix"]
    assert appendix["encoders"] == {"someone/encoder": [COMMIT]}
    assert [each["contents"] for each in appendix["data"]] == [{"de": f"org/pairs@{COMMIT}"}]

    offline = planned(call, "--offline", **branchy)
    assert [stage["state"] for stage in offline["stages"]] == ["cached"], "the cache knows where the branch is"

    hub.move("datasets/org/pairs", changed, OTHER)
    (stage,) = planned(call, **branchy)["stages"]
    assert (stage["state"], stage["changes"]) == ("changed", {"data.xh-branchy:pairs/test/de": [COMMIT, OTHER]})
    assert stage["stage"] != row["stage"]
    text = call("plan", *PAIRS, **branchy).stdout
    assert "data changed: xh-branchy:pairs/test/de  commit aaaaaaaaaaaa → bbbbbbbbbbbb" in text
    assert "Read from the Hub, at commit" in text and "org/pairs        bbbbbbbbbbbb" in text

    hub.move("models/someone/encoder", hub.repositories["models/someone/encoder"].commits[COMMIT], OTHER)
    (stage,) = planned(call, **branchy)["stages"]
    assert stage["changes"]["encoder"] == [COMMIT, OTHER]


def test_a_commit_is_the_same_by_branch_by_pin_and_under_a_new_name(hub: Hub, call, branchy):
    by_branch = planned(call, **branchy)
    assert {each["repository"]: each["commit"] for each in by_branch["hub"]} == {
        "someone/encoder": COMMIT, "org/pairs": COMMIT,
    }  # fmt: skip
    pinned = planned(call, "--model", f"someone/encoder@{COMMIT}", **branchy)
    assert pinned["stages"][0]["stage"] == by_branch["stages"][0]["stage"]
    hub.rename("datasets/org/pairs", "datasets/new/pairs")
    hub.rename("models/someone/encoder", "models/new/encoder")
    assert planned(call, **branchy)["stages"] == by_branch["stages"]
    assert planned(call, "--model", "new/encoder", **branchy)["stages"][0]["stage"] == by_branch["stages"][0]["stage"]
    fetched = call("fetch", "--target", "pairs", "--model", "someone/encoder", "--to", "mirror", **branchy)
    assert fetched.returncode == 0, fetched.stderr


def test_a_loading_script_is_refused_and_never_run(call, branchy):
    done = call("run", "--target", "scripted", "--data", "hub", "--model", "someone/encoder", **branchy)
    assert done.returncode == 6
    assert (
        "scripted test de: org/scripted@aaaaaaaaaaaa is a loading script, which datasets no longer runs" in done.stderr
    )
    assert "refs/convert/parquet" in done.stderr and "--data TASK=FOLDER" in done.stderr
    assert "this was run" not in done.stderr


def test_a_plan_asks_whether_the_encoder_is_there(hub: Hub, call, branchy):
    for model in ("no/such", f"no/such@{COMMIT}"):
        done = call("plan", *PAIRS, "--model", model, **branchy)
        assert (done.returncode, done.stdout) == (6, "")
        assert f"encoder {model}: " in done.stderr and "the Hub has no such repository" in done.stderr
    done = call("plan", *PAIRS, "--model", f"someone/encoder@{OTHER}", **branchy)
    assert done.returncode == 6 and "the repository has no such revision" in done.stderr
    done = call("plan", *PAIRS, "--model", "org/pairs", **branchy)
    assert done.returncode == 6
    hub.repositories["models/someone/encoder"].gated = True
    done = call("plan", *PAIRS, **branchy)
    assert done.returncode == 6 and "request access on its page on the Hub" in done.stderr


def test_a_plan_knows_what_a_hub_encoder_can_do(call, branchy):
    done = call("plan", *PAIRS, "--set", "pairs.layer=99", **branchy)
    assert done.returncode == 2
    assert "pairs.layer = 99, but the encoder has 6 layers." in done.stderr


def test_without_the_hub_a_plan_says_what_it_does_not_know(hub: Hub, call, branchy):
    done = call("plan", *PAIRS, HF_ENDPOINT=NOBODY, **branchy)
    assert done.returncode == 0 and "evaluate-pairs-" in done.stdout
    assert "Warning: org/pairs@main is not in the cache, and the Hub can't be reached" in done.stderr
    assert "so the stages that read it count as new" in done.stderr
    assert "Warning: encoder someone/encoder: someone/encoder@main is not in the cache" in done.stderr
    run = call("run", *PAIRS, "--offline", **branchy)
    assert run.returncode == 6
    assert "pairs test de: org/pairs@main is not in the cache (offline)" in run.stderr


def test_of_folders_nothing_is_asked(hub: Hub, call, branchy, tmp_path):
    shutil.copytree(tmp_path / "pairs", tmp_path / "data/org/pairs")
    done = call("plan", "--target", "pairs", "--data", "data", "--model", "mini", **branchy)
    assert done.returncode == 0 and not hub.seen
    assert "Read from the Hub" not in done.stdout


def test_a_mirror_follows_a_branch_and_keeps_nothing_that_is_gone(hub: Hub, call, branchy, changed, tmp_path):
    words = ("fetch", "--target", "pairs", "--model", "someone/encoder", "--to", "mirror")
    assert call(*words, **branchy).returncode == 0
    place, file = tmp_path / "mirror/org/pairs", tmp_path / "mirror/xh-manifest.json"
    assert json.loads(file.read_text())["files"]["org/pairs/validation.jsonl"]["origin"] == f"org/pairs@{COMMIT}"
    (changed / "validation.jsonl").rename(changed / "validation-00000-of-00001.jsonl")
    hub.move("datasets/org/pairs", changed, OTHER)
    assert call(*words, **branchy).returncode == 0
    assert [path.name for path in place.glob("*.jsonl")] == ["validation-00000-of-00001.jsonl"]
    origins = {name: entry["origin"] for name, entry in json.loads(file.read_text())["files"].items()}
    assert {name for name in origins if name.startswith("org/")} == {"org/pairs/validation-00000-of-00001.jsonl"}
    assert origins["org/pairs/validation-00000-of-00001.jsonl"] == f"org/pairs@{OTHER}"
    assert call("fetch", "--check", "--to", "mirror").returncode == 0
