"""``xh plan``: states, changes, rows and steps."""

import json
from pathlib import Path

import pytest

from xh.plan import Request, build
from xh.plugins import registry
from xh.store import Store


@pytest.fixture
def words(data, encoder):
    options = ["--inter", "squad", "--target", "xquad,tatoeba", "--langs", "de,es", "--data", data, "--model", encoder]
    return ["plan", *options]


@pytest.fixture
def stages(xh, words):
    def plan(*more: str):
        answer = xh(*words, *more, "--json")
        assert answer.code == 0, answer.err
        return json.loads(answer.out)["stages"]

    return plan


@pytest.fixture
def keep(data, encoder, tmp_path):
    """Put a plan's stages of some phases into the store, empty."""

    def put(*phases: str) -> None:
        request = Request(inter=("squad",), target=("xquad", "tatoeba"), langs=("de", "es"), data=data, model=encoder)
        store = Store.open(tmp_path / "runs")
        for stage in build(request, registry()).stages.values():
            if stage.phase in phases:
                with store.work(stage) as folder:
                    store.commit(stage, folder, {}, {}, 0)

    return put


def test_everything_is_new_without_a_store(stages, tmp_path):
    assert [stage["state"] for stage in stages()] == ["new"] * 7
    assert not (tmp_path / "runs").exists()


def test_what_a_run_takes_on_the_disk_is_said(xh, words):
    found = json.loads(xh(*words, "--json").out)["disk"]
    assert (found["peak"], found["stays"]) == (7 * (6 + 2), 7)  # the weights have seven bytes
    assert found["free"] > 0
    said = "Disk: about 0.0 GB while it runs, of which 0.0 GB of models stay (--keep intermediate); "
    assert said in xh(*words).out
    assert json.loads(xh(*words, "--keep", "all", "--json").out)["disk"]["stays"] == 7 * 3


def test_rows_are_counted_in_the_files_and_steps_follow(stages):
    found = {(stage["phase"], stage["inter"], stage["task"]): stage for stage in stages()}
    training = found["intermediate", "squad", "squad"]
    assert (training["rows"], training["steps"]) == (20, 4)
    evaluation = found["evaluate", "none", "xquad"]
    assert (evaluation["rows"], evaluation["steps"], evaluation["languages"]) == (14, None, ["de", "es"])


def test_a_line_ends_where_json_lines_say_and_not_within_a_text(stages, data):
    path = Path(data) / "rajpurkar/squad/plain_text/train.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Anna lives", "Anna\u2028lives"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert {stage["rows"] for stage in stages() if stage["task"] == "squad"} == {20}


def test_only_rows_that_a_task_takes_from_a_shared_file_are_counted(xh, encoder):
    (test,) = json.loads(xh("plan", "--target", "tydiqa", "--langs", "fi", "--data", "sample", "--json").out)["stages"][
        1:
    ]
    assert test["rows"] == 40


def test_limits_count(stages):
    found = {(stage["phase"], stage["task"]): stage for stage in stages("--limit-train", "10", "--limit-eval", "5")}
    assert found["intermediate", "squad"]["rows"] == 10
    assert found["evaluate", "xquad"]["rows"] == 10


def test_official_numbers_stand_for_data_on_the_hub(xh, encoder):
    answer = xh("plan", "--target", "xquad", "--data", "hub", "--model", encoder, "--langs", "de", "--json")
    assert [stage["rows"] for stage in json.loads(answer.out)["stages"]] == [87_599, 1_190]


def test_what_is_in_the_store_is_cached(stages, keep):
    keep("intermediate", "target", "evaluate")
    assert {stage["state"] for stage in stages()} == {"cached"}


def test_a_training_whose_evaluations_are_there_is_not_needed(stages, keep):
    keep("evaluate")
    states = {stage["phase"]: stage["state"] for stage in stages()}
    assert states == {"intermediate": "not needed", "target": "not needed", "evaluate": "cached"}


def test_a_change_names_the_input_with_its_old_and_new_value(stages, keep):
    keep("intermediate", "target", "evaluate")
    changed = {stage["phase"]: stage for stage in stages("--set", "squad.epochs=3") if stage["state"] == "changed"}
    assert changed["intermediate"]["changes"] == {"recipe.epochs": [2.0, 3.0]}
    assert list(changed["evaluate"]["changes"]) == ["parent"]


def test_the_page_says_it_all(xh, words, keep):
    keep("intermediate", "target", "evaluate")
    answer = xh(*words, "--set", "squad.epochs=3")
    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.out.startswith("encoder ")
    assert "4 stages to run, 3 in the store" in answer.out
    assert ["STAGE", "STATE", "FOR", "LANGS", "ROWS", "MIN", "STEPS"] in lines
    assert ["recipe.epochs", "2.0", "→", "3.0"] in [line[:4] for line in lines]
    assert answer.err == "Warning: no data, so left out: tatoeba test es (plan --json names the files)\n"


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (["--seeds", "1,x"], 2, "no list of whole numbers"),
        (["--inter", "skwad"], 3, "There is no task 'skwad'"),
        (["--set", "squad.epoch=3"], 2, "Did you mean 'epochs'"),
        (["--langs", "xx"], 2, "There is no language 'xx'"),
        (["--profile", "minni"], 2, "Did you mean 'mini'"),
        (["--limit-eval", "0"], 2, "--limit-eval 0 leaves nothing"),
    ],
)
def test_wrong_requests(xh, words, more, code, text):
    answer = xh(*words, *more)
    assert (answer.code, answer.out) == (code, "")
    assert text in answer.err


def test_lists_may_be_repeated_or_have_commas(stages):
    assert {stage["seed"] for stage in stages("--inter", "none, none", "--seeds", "1, 2")} >= {1, 2}


def test_the_papers_study_is_drawn_and_costed_without_the_licensed_treebank(xh, encoder):
    words = ["plan", "--profile", "phang2020", "--model", encoder, "--target", "xnli", "--langs", "de"]
    answer = xh(*words, "--inter", "all")
    assert answer.code == 0, answer.err
    assert "GPU-hours" in answer.out and "25,000 trained tokens a second" in answer.out
    assert "left out: ccg train en; ccg dev en" in answer.err
    named = xh(*words, "--inter", "all,ccg")
    assert (named.code, named.out) == (6, "")


def test_gpu_hours_are_those_of_the_stages_to_run(xh, encoder):
    words = ["plan", "--profile", "xtreme2020", "--model", encoder, "--target", "xnli", "--langs", "de"]
    document = json.loads(xh(*words, "--json").out)
    trained, tested = 392_702 * 5 * 128, 5_010 * 128
    assert document["gpu_hours"] == pytest.approx((trained + tested / 3) / 25_000 / 3600)
    assert json.loads(xh(*words, "--profile", "mini", "--data", "hub", "--json").out)["gpu_hours"] is None
