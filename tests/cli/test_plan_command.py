"""``xh plan``: states, changes, rows and steps."""

import json
import shutil
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

import xh as package
from helpers.weights import write_weights
from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import Machine
from xh.store import Store

ROW = {"context": "Anna lives in Rome.", "question": "Where?", "answers": {"text": ["Rome"], "answer_start": [13]}}


@pytest.fixture
def words(data, encoder):
    options = ["--inter", "squad", "--target", "xquad,tatoeba", "--langs", "de,es", "--data", data, "--model", encoder]
    return ["plan", *options]


def planned_stages(xh, words, *more: str):
    answer = xh(*words, *more, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)["stages"]


def keep_stages(data, encoder, tmp_path, *phases: str, seconds: float = 0, facts: dict | None = None) -> None:
    """Put a plan's stages of some phases into the store, empty."""
    request = Request(
        inter=("squad",), target=("xquad", "tatoeba"), langs=("de", "es"), data=Places(data), model=encoder
    )
    store = Store.open(tmp_path / "runs")
    for stage in build(request, registry()).stages.values():
        if stage.phase in phases:
            with store.work(stage) as folder:
                store.commit(stage, folder, facts or {}, {}, seconds, Machine(device="cpu", processor="Abacus"))


def test_everything_is_new_without_a_store(xh, words, tmp_path):
    assert [stage["state"] for stage in planned_stages(xh, words)] == ["new"] * 7
    assert not (tmp_path / "runs").exists()


def test_what_a_run_takes_on_the_disk_is_said(xh, words, encoder):
    write_weights(Path(encoder) / "model.safetensors", {"weight": [7]})
    found = json.loads(xh(*words, "--json").out)["disk"]
    assert (found["peak"], found["stays"]) == (28 * (6 + 2), 28)
    assert found["free"] > 0
    said = "Disk: about 224 bytes while running, of which 28 bytes remain for models (--keep intermediate); "
    assert said in xh(*words).out
    assert json.loads(xh(*words, "--keep", "all", "--json").out)["disk"]["stays"] == 28 * 3


def test_rows_are_counted_in_the_files_and_steps_follow(xh, words):
    found = {(stage["phase"], stage["inter"], stage["task"]): stage for stage in planned_stages(xh, words)}
    training = found["intermediate", "squad", "squad"]
    assert (training["rows"], training["steps"]) == (20, 4)
    evaluation = found["evaluate", "none", "xquad"]
    assert (evaluation["rows"], evaluation["steps"], evaluation["languages"]) == (14, None, ["de", "es"])


def test_a_line_ends_where_json_lines_say_and_not_within_a_text(xh, words, data):
    path = Path(data) / "rajpurkar/squad/plain_text/train.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Anna lives", "Anna\u2028lives"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert {stage["rows"] for stage in planned_stages(xh, words) if stage["task"] == "squad"} == {20}


def test_only_rows_that_a_task_takes_from_a_shared_file_are_counted(xh, encoder):
    (test,) = json.loads(xh("plan", "--target", "tydiqa", "--langs", "fi", "--data", "sample", "--json").out)["stages"][
        1:
    ]
    assert test["rows"] == 40


def test_limits_count(xh, words):
    found = {
        (stage["phase"], stage["task"]): stage
        for stage in planned_stages(xh, words, "--limit-train", "10", "--limit-eval", "5")
    }
    assert found["intermediate", "squad"]["rows"] == 10
    assert found["evaluate", "xquad"]["rows"] == 10


def test_official_numbers_stand_for_data_on_the_hub(xh, encoder):
    answer = xh("plan", "--target", "xquad", "--data", "hub", "--model", encoder, "--langs", "de", "--json")
    assert [stage["rows"] for stage in json.loads(answer.out)["stages"]] == [87_599, 1_190]


def parquet(path: Path, rows: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.Table.from_pylist(rows)
    pyarrow.parquet.write_table(table, path)


def test_a_smaller_local_folder_is_counted_whatever_its_format(xh, encoder, tmp_path):
    root = tmp_path / "hub"
    pairs = [{"source_sentence": f"eins\n{n}", "target_sentence": f"one {n}"} for n in range(7)]
    parquet(root / "google/xtreme/tatoeba.deu/validation-00000-of-00002.parquet", pairs[:4])
    parquet(root / "google/xtreme/tatoeba.deu/validation-00001-of-00002.parquet", pairs[4:])
    text = "".join(f'"{row["source_sentence"]}",{row["target_sentence"]}\n\n' for row in pairs[:5])
    (root / "google/xtreme/tatoeba.spa").mkdir()
    (root / "google/xtreme/tatoeba.spa/validation.csv").write_text(f"source_sentence,target_sentence\n{text}")
    words = ["plan", "--target", "tatoeba", "--langs", "de,es", "--data", str(root), "--model", encoder, "--json"]
    rows = [json.loads(xh(*words, *more).out)["stages"][0]["rows"] for more in ((), ("--limit-eval", "40%"))]
    assert rows == [7 + 5, 3 + 2]


def test_rows_that_a_task_leaves_out_are_not_counted_in_parquet_either(xh, encoder, tmp_path):
    names = ["finnish"] * 3 + ["english"] * 5 + ["korean"]
    rows = [{"id": f"{name}-{n}", **ROW} for n, name in enumerate(names)]
    for split in ("train", "validation"):
        parquet(tmp_path / f"hub/google-research-datasets/tydiqa/secondary_task/{split}-00000-of-00001.parquet", rows)
    words = ["plan", "--target", "tydiqa", "--langs", "fi,ko", "--data", str(tmp_path / "hub"), "--model", encoder]
    assert [stage["rows"] for stage in json.loads(xh(*words, "--json").out)["stages"]] == [5, 3 + 1]


def test_what_only_a_reader_understands_has_no_count_and_never_the_official_one(xh):
    (stage,) = json.loads(xh("plan", "--target", "bucc", "--langs", "de", "--json").out)["stages"]
    assert (stage["rows"], stage["tokens"]) == (None, None)


def test_damaged_rows_are_found_by_the_plan(xh, encoder, tmp_path):
    parquet(tmp_path / "hub/google/xtreme/tatoeba.deu/validation.parquet", [{"a": 1}])
    (tmp_path / "hub/google/xtreme/tatoeba.deu/validation.parquet").write_bytes(b"PAR1 and no more")
    answer = xh("plan", "--target", "tatoeba", "--langs", "de", "--data", str(tmp_path / "hub"), "--model", encoder)
    assert answer.code == 6
    assert "validation.parquet can't be read" in answer.err and "fetch it again" in answer.err


def test_a_mixture_counts_its_tasks_as_it_draws_them(xh):
    words = ["plan", "--inter", "squad+mnli", "--target", "tatoeba", "--langs", "de", "--no-baseline", "--json"]

    def mixed(*more):
        return json.loads(xh(*words, *more).out)["stages"][0]

    squad, mnli = (
        json.loads(xh("plan", "--inter", name, "--target", "bucc", "--no-baseline", "--json").out)["stages"][0]["rows"]
        for name in ("squad", "mnli")
    )
    assert (mixed()["rows"], mixed()["tokens"]) == (squad + mnli, 2 * (squad * 384 + mnli * 128))
    assert mixed("--set", "squad+mnli.cap=80")["tokens"] == 2 * (80 * 384 + 80 * 128)
    assert mixed("--set", "squad+mnli.cap=80")["steps"] == 2 * 20


def test_time_is_known_from_earlier_stages_of_the_same_machine(data, encoder, tmp_path, xh, words):
    assert {stage["seconds"] for stage in planned_stages(xh, words)} == {None}
    keep_stages(data, encoder, tmp_path, "intermediate", seconds=30.0, facts={"rows": {"train": 20}})
    found = {stage["phase"]: stage["seconds"] for stage in planned_stages(xh, words, "--set", "squad.epochs=4")}
    assert (found["intermediate"], found["target"], found["evaluate"]) == (60.0, 30.0, None)
    page = xh(*words, "--set", "squad.epochs=4").out
    assert "About 2 min, from 1 earlier stage on Abacus, without 4 stages of unknown pace." in page


def test_what_is_in_the_store_is_cached(xh, words, data, encoder, tmp_path):
    keep_stages(data, encoder, tmp_path, "intermediate", "target", "evaluate")
    assert {stage["state"] for stage in planned_stages(xh, words)} == {"cached"}


def test_a_training_whose_evaluations_are_there_is_not_needed(xh, words, data, encoder, tmp_path):
    keep_stages(data, encoder, tmp_path, "evaluate")
    states = {stage["phase"]: stage["state"] for stage in planned_stages(xh, words)}
    assert states == {"intermediate": "not needed", "target": "not needed", "evaluate": "cached"}


def test_a_change_names_the_input_with_its_old_and_new_value(xh, words, data, encoder, tmp_path):
    keep_stages(data, encoder, tmp_path, "intermediate", "target", "evaluate")
    changed = {
        stage["phase"]: stage
        for stage in planned_stages(xh, words, "--set", "squad.epochs=3")
        if stage["state"] == "changed"
    }
    assert changed["intermediate"]["changes"] == {"recipe.epochs": [2.0, 3.0]}
    assert list(changed["evaluate"]["changes"]) == ["parent"]


def test_the_page_says_it_all(xh, words, data, encoder, tmp_path):
    keep_stages(data, encoder, tmp_path, "intermediate", "target", "evaluate")
    answer = xh(*words, "--set", "squad.epochs=3")
    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.out.startswith("encoder ")
    assert "4 stages to run, 3 in the store" in answer.out
    assert ["STAGE", "STATE", "FOR", "LANGS", "ROWS", "MIN", "STEPS", "MEMORY"] in lines
    assert ["recipe.epochs", "2.0", "→", "3.0"] in [line[:4] for line in lines]
    assert answer.err == "Warning: no data, so left out: tatoeba test es (plan --json names the files)\n"


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (["--seeds", "1,x"], 2, "not a list of whole numbers"),
        (["--seeds", "3-1"], 2, "use e.g. 1,2,3 or 1-3"),
        (["--seeds", "1-99999999"], 2, "more than 10,000 numbers"),
        (["--set", "epochs=3"], 2, "--set squad.epochs=3 or --set xquad.epochs=3"),
        (["--langs", "german"], 2, "Did you mean 'de' (German)?"),
        (["--inter", "skwad"], 3, "There is no task 'skwad'"),
        (["--set", "squad.epoch=3"], 2, "Did you mean 'epochs'"),
        (["--langs", "xx"], 2, "There is no language 'xx'"),
        (["--profile", "minni"], 2, "Did you mean 'mini'"),
        (["--limit-eval", "0"], 2, "--limit-eval 0 leaves no rows"),
        (["--limit-eval", "ten"], 2, "'ten' is not a number of rows"),
        (["--limit-train", "nan%"], 2, "'nan%' is not a share of the rows"),
        (["--limit-train", "0%"], 2, "'0%' is not a share of the rows"),
        (["--limit-train", "200%"], 2, "'200%' is not a share of the rows"),
        (["--engine", "foo"], 3, "There is no engine 'foo'"),
    ],
)
def test_wrong_requests(xh, words, more, code, text):
    answer = xh(*words, *more)
    assert (answer.code, answer.out) == (code, "")
    assert text in answer.err


def test_lists_may_be_repeated_or_have_commas(xh, words):
    assert {stage["seed"] for stage in planned_stages(xh, words, "--inter", "none, none", "--seeds", "1, 2")} >= {1, 2}


def test_seeds_may_be_ranges(xh, words):
    assert {stage["seed"] for stage in planned_stages(xh, words, "--seeds", "1,3-5")} == {None, 1, 3, 4, 5}


def test_the_papers_study_is_drawn_and_costed_without_the_licensed_treebank(xh, encoder):
    words = ["plan", "--profile", "phang2020", "--model", encoder, "--target", "xnli", "--langs", "de"]
    answer = xh(*words, "--inter", "all")
    assert answer.code == 0, answer.err
    assert "GPU-hours" in answer.out and "25,000 trained tokens per second" in answer.out
    assert "left out: ccg train en; ccg dev en" in answer.err
    named = xh(*words, "--inter", "all,ccg")
    assert (named.code, named.out) == (6, "")


def test_gpu_hours_are_those_of_the_stages_to_run(xh, encoder):
    words = ["plan", "--profile", "xtreme2020", "--model", encoder, "--target", "xnli", "--langs", "de"]
    document = json.loads(xh(*words, "--json").out)
    trained, tested = 392_702 * 5 * 128, 5_010 * 128
    assert document["gpu_hours"] == pytest.approx((trained + tested / 3) / 25_000 / 3600)
    assert json.loads(xh(*words, "--profile", "mini", "--data", "hub", "--json").out)["gpu_hours"] is None


def test_an_evaluation_in_another_language_is_new_and_no_change(xh, words, encoder, tmp_path, data):
    keep_stages(data, encoder, tmp_path, "evaluate")
    folder = Path(data) / "google/xquad"
    shutil.copytree(folder / "xquad.de", folder / "xquad.ru")
    found = [each for each in planned_stages(xh, words, "--langs", "de,ru") if each["task"] == "xquad"]
    assert [(each["state"], each["changes"], each["languages"]) for each in found] == [
        ("cached", {}, ["de", "es"]),
        ("new", {}, ["ru"]),
    ] * 2


def test_from_python_it_prints_the_same_and_is_a_table_in_a_notebook(xh, words, data, encoder, tmp_path):
    printed = xh(*words, "--seeds", "1,2").out
    options = {"langs": ["de", "es"], "data": data, "model": encoder, "seeds": (1, 2)}
    found = package.preview("squad", ["xquad", "tatoeba"], **options)
    assert str(found).split() == printed.split()
    page = found._repr_html_()
    assert page.count("<tr>") == 1 + len(found.stages) and f"<td>{found.stages[0].stage}</td>" in page
    assert not (tmp_path / "runs").exists()
    with pytest.raises(TypeError):
        package.preview("squad", "xquad", langss="de")
