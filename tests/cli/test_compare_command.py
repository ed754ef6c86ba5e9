"""``xh compare``: what it prints of planted predictions on the sample data, and where the data are not there."""

import json
import shutil

import msgspec
import pytest

import xh as package
from helpers.two_arms import put_two_arms
from xh.mini import SAMPLE


def test_the_table_has_scores_counts_and_examples(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("compare", "none", "squad", "-n", "1")
    assert (answer.code, answer.err) == (0, "")
    lines = [line.split() for line in answer.out.splitlines()]
    assert ["baseline", "squad", "p", "n"] in lines
    assert ["de", "93.3", "95.6", "+2.2", "[-4.4,", "+8.9]", "1.000", "45"] in lines
    assert ["de", "2", "1", "41", "1"] in lines
    assert "corrected by Holm over 1 comparison: xnli accuracy (de)." in " ".join(answer.out.split())
    lost, gained = (
        answer.out.index(f"{word} · xnli de · example {number}") for word, number in (("lost", 7), ("gained", 3))
    )
    assert lost < gained and max(map(len, answer.out.splitlines())) <= 80
    assert "text_a: Meine Tante lebt seit zwanzig Jahren in Kairo" in answer.out[gained:]
    assert "gold: contradiction" in answer.out[gained:]
    assert "baseline: neutral" in answer.out[gained:] and "squad: contradiction" in answer.out[gained:]
    assert "example 4" not in answer.out


def test_json_is_what_python_returns(xh, tmp_path):
    store = put_two_arms(tmp_path)
    printed = json.loads(xh("compare", "none", "squad", "--json", "-n", "2").out)
    assert printed == json.loads(msgspec.json.encode(package.compare("none", "squad", runs=store.root, n=2)))
    assert [(each["example"], each["a"], each["b"]) for each in printed["changes"]] == [
        (7, 100, 0),
        (3, 0, 100),
        (4, 0, 100),
    ]
    assert (
        printed["changes"][0]["predictions_b"]
        != [printed["changes"][0]["gold"]]
        == printed["changes"][0]["predictions_a"]
    )
    assert xh("compare", "none", "squad", "--json", "-o", "found.json").out == ""
    assert json.loads((tmp_path / "found.json").read_text())["comparisons"] == printed["comparisons"]


def test_html_has_the_examples(tmp_path, xh):
    put_two_arms(tmp_path)
    page = xh("compare", "none", "squad", "--format", "html").out
    assert page.count("<summary>") == 3 + page.count("<summary>Notes")
    assert page.index("<h2>Examples</h2>") < page.index("<summary>gained")


def test_without_examples_no_data_are_read(tmp_path, xh, monkeypatch):
    put_two_arms(tmp_path)
    monkeypatch.setattr("xh.stage.load.loader", lambda *_: pytest.fail("data were read"))
    answer = xh("compare", "none", "squad", "-n", "0")
    assert answer.code == 0 and "example 7" not in answer.out and "41" in answer.out


def test_data_of_a_folder_are_to_be_named(xh, tmp_path):
    shutil.copytree(SAMPLE / "facebook", tmp_path / "mine" / "facebook")
    put_two_arms(tmp_path, str(tmp_path / "mine"))
    answer = xh("compare", "none", "squad")
    assert answer.code == 0 and "41" in answer.out and "text_a" not in answer.out
    said = " ".join(answer.out.split())
    assert "xnli: examples are not shown (The evaluations read data from a folder); name their data with --data" in said
    assert "text_a" in xh("compare", "none", "squad", "--data", "mine").out


def test_other_data_than_those_evaluated_are_not_shown(xh, tmp_path):
    put_two_arms(tmp_path)
    shutil.copytree(SAMPLE / "facebook", tmp_path / "mine" / "facebook")
    path = tmp_path / "mine/facebook/xnli/de/test.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("Tante", "Mutter"), encoding="utf-8")
    answer = xh("compare", "none", "squad", "--data", "mine")
    assert answer.code == 0 and "Mutter" not in answer.out
    assert "these are not the data that were evaluated" in " ".join(answer.out.split())


def test_an_arm_that_is_not_there_ends_with_2(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("compare", "none", "mnli")
    assert (answer.code, answer.out) == (2, "")
    assert "'mnli' names no arm." in answer.err and "  squad\n" in answer.err


def test_a_file_of_the_store_is_never_replaced(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("compare", "none", "squad", "-o", "runs/stages/new.txt")
    assert answer.code == 2 and "is inside the store" in answer.err
