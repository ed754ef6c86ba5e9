"""``xh report --examples``: what is gained and lost against the baseline, with its texts."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import xh as package
from helpers.two_arms import put_two_arms
from xh.mini import SAMPLE
from xh.results.records import Results
from xh.results.rows import collect
from xh.scoring.changes import with_changes
from xh.spec import UsageError

STUDY = """
[studies.own]
title = "of examples"
question = "Which examples change?"
options = { inter = ["squad"], target = ["xnli"], profile = "mini", langs = ["de"] }
"""


def found(printed):
    return [(each["example"], each["a"], each["b"], each["text"] != {}) for each in json.loads(printed)["changes"]]


def test_json_has_those_that_changed_most_with_their_texts(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("report", "--format", "json", "--examples", "1")
    assert (answer.code, answer.err) == (0, "")
    assert found(answer.out) == [(7, 100, 0, True), (3, 0, 100, True)]
    assert len(found(xh("report", "--format", "json", "--examples", "9").out)) == 3
    assert msgspec.json.decode(answer.out, type=Results).changes[1].predictions_b == ("contradiction",)


def test_the_page_has_a_table_of_them_and_other_formats_a_section_for_each(tmp_path, xh):
    put_two_arms(tmp_path)
    page = xh("report", "--format", "html", "--examples", "2").out
    assert "<summary>squad → xnli · 2 gained, 1 lost in 1 language</summary>" in page
    assert '<td class="words" dir="auto">contradiction</td>' in page
    for form in ("table", "markdown", "latex"):
        text = xh("report", "--format", form, "--examples", "2").out
        assert text.count("gained") == 2 and text.count("lost") == 1 and "Meine Tante" in text


def test_a_format_without_examples_says_so(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("report", "--format", "csv", "--examples", "1", "--ci")
    assert answer.err == "Warning: format csv is the same with and without --ci, --examples\n"
    assert answer.out == xh("report", "--format", "csv").out


def test_a_study_has_them_too(tmp_path, xh, monkeypatch):
    store = put_two_arms(tmp_path)
    Path("tasks.toml").write_text(STUDY)
    monkeypatch.setattr("xh.cli.study.collect", lambda store, cells: collect(store))
    answer = xh("study", "report", "own", "--runs", store.root, "--format", "json", "--examples", "1")
    assert found(answer.out) == [(7, 100, 0, True), (3, 0, 100, True)]


def test_without_the_option_no_data_are_read(tmp_path, xh, monkeypatch):
    put_two_arms(tmp_path)
    monkeypatch.setattr("xh.stage.load.loader", lambda *_: pytest.fail("data were read"))
    assert "Examples gained and lost" not in xh("report", "--format", "html").out


def test_data_that_are_not_there_are_named_and_the_report_goes_on(xh, tmp_path):
    shutil.copytree(SAMPLE / "facebook", tmp_path / "mine" / "facebook")
    put_two_arms(tmp_path, str(tmp_path / "mine"))
    answer = xh("report", "--format", "json", "--examples", "1")
    assert answer.code == 0 and found(answer.out) == [(7, 100, 0, False), (3, 0, 100, False)]
    assert "xnli: examples are not shown (The evaluations read data from a folder); name their data" in answer.err
    assert found(xh("report", "--format", "json", "--examples", "1", "--data", "mine").out)[0][3]


def test_python_returns_the_same_and_warns(xh, tmp_path):
    store = put_two_arms(tmp_path)
    results = package.report(runs=store.root, target="xnli", inter=["squad"], examples=1)
    printed = xh("report", "--target", "xnli", "--inter", "squad", "--format", "json", "--examples", "1").out
    assert msgspec.json.decode(printed, type=Results) == results
    assert package.report(runs=store.root).changes == ()
    with pytest.raises(UsageError, match="Did you mean 'xnli'"):
        package.report(runs=store.root, target="xnl")
    with pytest.warns(UserWarning, match="examples are not shown"):
        package.report(runs=store.root, examples=1, data=tmp_path / "empty")


def test_a_row_shows_itself_in_a_notebook(tmp_path):
    row = package.report(runs=put_two_arms(tmp_path).root).rows[0]
    page = replace(row, inter="<script>\u202e")._repr_html_()
    assert '<th scope="row">target</th><td>xnli</td>' in page and "<td>–</td>" in page
    assert "<script" not in page and "\u202e" not in page and "&lt;script&gt;" in page


def test_a_report_has_not_more_than_it_can_hold(tmp_path, monkeypatch):
    from xh.data.places import places
    from xh.plugins import registry

    store = put_two_arms(tmp_path)
    monkeypatch.setattr("xh.results.changes.MOST", 0)
    notes = []
    assert with_changes(collect(store), store, registry(), places(""), 3, notes.append).changes == ()
    assert len(notes) == 1 and "those of 1 smaller differences are left out" in notes[0]


HOSTILE = "</td></style></script><img src=x onerror=alert(1)>\"'\u202e\u2028\x1b[31m=HYPERLINK(1)"


def test_texts_are_only_text(xh, tmp_path):
    folder = tmp_path / "mine" / "facebook"
    shutil.copytree(SAMPLE / "facebook", folder)
    path = folder / "xnli/de/test.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(line | {"premise": f"{HOSTILE} {line['premise']}"}) + "\n" for line in lines))
    put_two_arms(tmp_path, str(tmp_path / "mine"))
    for form in ("html", "table", "markdown", "latex"):
        text = xh("report", "--format", form, "--examples", "2", "--data", "mine").out
        assert "HYPERLINK" in text.replace("\n", "") and not {"\u202e", "\u2028", "\x1b"} & {*text}
        assert "<img" not in text or form in ("table", "latex")
    assert Path("mine").is_dir()
