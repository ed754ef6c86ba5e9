"""A user's files that are not what a task needs are named when the plan is made."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from helpers import made_tasks
from xh.data.columns import lacking
from xh.data.places import places
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import Files, Hub, MissingError

PLAIN = Files(paths=(), splits={})


def write(path, row):
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    elif path.suffix == ".jsonl":
        path.write_text("\n" + json.dumps(row) + "\n")
    else:
        path.write_text(("\t" if path.suffix == ".tsv" else ",").join(row) + "\n")
    return path


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv", "tsv"])
def test_a_file_without_a_column_is_named_whatever_its_format(tmp_path, ending):
    task = made_tasks.qa(columns={"question": "asked"})
    row = {"id": "1", "context": "c", "question": "q"}
    path = write(tmp_path / f"train.{ending}", row)
    assert list(lacking(task, PLAIN, [path])) == [f"{path} has no column asked, answers; it has id, context, question"]
    assert not list(lacking(task, PLAIN, [write(path, row | {"asked": "q", "answers": "a"})]))


def test_optional_columns_may_be_absent_unless_the_record_names_them(tmp_path):
    path = write(tmp_path / "test.jsonl", {"source": "a"})
    assert not list(lacking(made_tasks.pairs(), PLAIN, [path]))
    assert list(lacking(made_tasks.pairs(columns={"target": "english"}), PLAIN, [path]))


def test_what_the_tasks_own_code_reads_is_not_judged(tmp_path):
    path = write(tmp_path / "train.jsonl", {"x": 1})
    assert not list(lacking(made_tasks.qa(), Hub("o/n", "main", {}, row="made:row"), [path]))
    assert not list(lacking(made_tasks.qa(), Files(paths=(), splits={}, reader="made:read"), [path]))


@pytest.mark.parametrize("text", ["", "no json\n", "[1]\n", "\xff"])
def test_a_file_that_can_not_be_read_is_left_to_its_reader(tmp_path, text):
    path = tmp_path / "train.jsonl"
    path.write_bytes(text.encode("latin-1"))
    assert not list(lacking(made_tasks.qa(), PLAIN, [path]))


def test_a_plan_ends_with_every_file_that_lacks_columns(draw, all_rows, tmp_path):
    for where in ("qa/en/dev", "xqa/sw/test"):
        write(tmp_path / f"data/{where}.jsonl", {"id": "1", "context": "c", "question": "q", "answer": "a"})
    with pytest.raises(MissingError) as caught:
        draw("qa", "xqa")
    for told in (f"qa dev en: {tmp_path}/data/qa/en/dev.jsonl has no column answers", "xqa test sw: "):
        assert told in caught.value.what


def test_a_folder_of_ones_own_that_has_nothing_of_its_task_is_named(tmp_path):
    request = Request(inter=("none",), target=("xnli",), langs=("de",), profile="mini", data=places(f"xnli={tmp_path}"))
    (tmp_path / "de").mkdir()
    (tmp_path / "de/tests.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": 0}\n')
    with pytest.raises(MissingError, match="has nothing that this run would read"):
        build([request], registry())
    (tmp_path / "de/tests.jsonl").rename(tmp_path / "de/test.jsonl")
    assert build([request], registry()).cells


def test_files_that_a_package_lacks_are_nobodys_to_write_into_it(draw, all_rows):
    task = made_tasks.qa(data=Files(package="xh", paths=("nowhere/{split}.jsonl",), splits={"train": "t", "dev": "d"}))
    with pytest.raises(MissingError) as caught:
        draw("qa", "xqa", (task, made_tasks.xqa()))
    assert caught.value.todo.startswith(
        "They come with xh: install it again, or put your own into FOLDER/en/train.jsonl"
    )
    assert "--data qa=FOLDER" in caught.value.todo
