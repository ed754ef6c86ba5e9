"""``xh report``: what is chosen of a store, and what is shown of it."""

import json

import msgspec
import pytest

from xh.cli.report import rendered
from xh.results.records import Results
from xh.results.view import View
from xh.spec import Hub, Inputs, Purpose, Stage, StageError, TaskSpec
from xh.store import Store


@pytest.fixture
def store(tmp_path):
    """The baseline of a retrieval target that is built in, in three languages."""
    data = Hub("org/bucc", revision="0" * 40, splits={"test": "test"})
    langs = ("de", "fr", "zh")
    task = TaskSpec(name="bucc", kind="bitext", roles=("target",), languages=langs, data=data, metric="f1")
    inputs = Inputs(phase="evaluate", encoder="sha256:1", tasks={"test": task}, languages=langs, data={}, recipe={})
    label = Purpose(inter="none", target="bucc", encoder="mini", profile="mini", data="sample")
    stage = Stage(task="bucc", inputs=inputs, purpose=label)
    store = Store.open(tmp_path / "runs")
    with store.work(stage) as folder:
        scores = [{"lang": lang, "metric": "f1", "value": 60.0, "n": 10} for lang in langs]
        (folder / "scores.json").write_bytes(msgspec.json.encode({"scores": scores}))
        store.commit(stage, folder, {}, {}, 1.0)
    return store


def test_options_choose_by_the_names_that_tasks_have(store, xh):
    answer = xh("report", "--target", "bucc2018", "--langs", "de,zh", "--inter", "none", "--model", "mini")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines() if line.startswith("  ")][1:] == ["de", "zh", "average"]
    assert "Average of bucc: over de, zh only." in answer.out


def test_a_word_that_fits_nothing_ends_with_2(store, xh):
    answer = xh("report", "--target", "bcc")
    assert (answer.code, answer.out) == (2, "")
    assert "Did you mean 'bucc'?" in answer.err


def test_the_appendix_ends_the_table_and_is_in_json_without_asking(store, xh):
    assert "BibTeX" not in xh("report").out
    assert "@misc{phang2020," in xh("report", "--appendix").out
    assert "@misc{phang2020," in json.loads(xh("report", "--format", "json").out)["appendix"]["bibtex"]


def test_a_format_that_takes_no_view_says_so(store, xh):
    answer = xh("report", "--format", "csv", "--ci", "--appendix")
    assert answer.code == 0 and answer.out.startswith("inter,method,target,lang")
    assert "format csv is the same with and without --ci, --appendix" in answer.err
    assert xh("report", "--format", "csv").err == ""


def test_a_file_that_cannot_be_written_is_said_with_its_own_option(store, xh):
    answer = xh("report", "-o", "missing/report.txt")
    assert answer.code == 5
    assert "Error: missing/report.txt can't be written." in answer.err
    assert answer.err.endswith("Give another file with -o.\n") and "--runs" not in answer.err


def test_a_plugins_format_may_take_the_view():
    assert rendered("mine", lambda results, view: str(view.ci), Results(), View(ci=True)) == "True"
    assert rendered("mine", lambda results: "plain", Results(), View()) == "plain"


def test_a_format_that_makes_no_text_says_so():
    for made in (None, b"bytes"):
        with pytest.raises(StageError, match="Format mine must return text, not"):
            rendered("mine", lambda results, made=made: made, Results(), View())


@pytest.mark.parametrize("place", ["store.json", "stages", "stages/new.md", "../runs/locks/x"])
def test_a_report_never_replaces_a_file_of_the_store(store, xh, place):
    before = (store.root / "store.json").read_bytes()
    answer = xh("report", "-o", str(store.root / place))
    assert answer.code == 2 and "is inside the store" in answer.err
    assert (store.root / "store.json").read_bytes() == before
    assert xh("report", "-o", str(store.root / "table.txt")).code == 0


def test_a_file_that_cannot_be_written_is_named(store, xh):
    answer = xh("report", "-o", "no/such/folder.md")
    assert answer.code == 5 and "Give another file with -o." in answer.err
