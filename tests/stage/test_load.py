"""Rows from files of every format, checked and limited."""

import gzip
import json
import os

import datasets
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from xh.data.locate import identity
from xh.plugins.manager import load as load_plugins
from xh.plugins.registry import Registry
from xh.spec import Files, Hub, Inputs, Locations, MissingError, TaskSpec
from xh.stage import load

ROWS = [
    {"text_a": "“Fine”, he\tsaid.", "label": 0},
    {"text_a": "今天下雨。", "label": 1},
    {"text_a": "line\u2028separator", "label": 0},
    {"text_a": "last", "label": 1},
]


def columns(rows=ROWS):
    return {name: [row[name] for row in rows] for name in rows[0]}


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def parquet(path, rows):
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def csv(path, rows):
    pyarrow.csv.write_csv(pyarrow.Table.from_pylist(rows), path)


def tsv(path, rows):
    options = pyarrow.csv.WriteOptions(delimiter="\t")
    pyarrow.csv.write_csv(pyarrow.Table.from_pylist(rows), path, options)


WRITERS = {".jsonl": jsonl, ".parquet": parquet, ".csv": csv, ".tsv": tsv}


def task(suffix=".jsonl", **other):
    data = Files((f"{{split}}{suffix}",), {"train": "train", "dev": "dev", "test": "test"})
    fields = {"kind": "classify", "metric": "accuracy", "labels": ("good", "bad"), "data": data} | other
    return TaskSpec(name="mood", roles=("intermediate", "target"), languages=("en",), **fields)


@pytest.fixture(scope="module")
def registry():
    return Registry(load_plugins())


def read_examples(registry, tmp_path, task, split="train", limits=(None, None), data=None):
    locations = Locations(store="", data=str(tmp_path))
    train, evaluated = limits
    inputs = Inputs(
        phase="target", encoder="", tasks={}, languages=(), data=data or {}, recipe={},
        limit_train=train, limit_eval=evaluated,
    )  # fmt: skip
    return load.loader(registry, locations, inputs)(task, split, "en")


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_gives_the_same_rows(registry, tmp_path, suffix):
    WRITERS[suffix](tmp_path / f"train{suffix}", ROWS)
    examples = read_examples(registry, tmp_path, task(suffix))
    assert examples.columns == columns()
    assert examples.where == "mood train en"


def test_the_parts_of_a_split_are_read_in_order(registry, tmp_path):
    folder = tmp_path / "org/name/default"
    folder.mkdir(parents=True)
    for number in (1, 0):
        parquet(folder / f"train-{number:05}-of-00002.parquet", ROWS[2 * number : 2 * number + 2])
    parts = task(data=Hub("org/name", "main", {"train": "train", "test": "test"}))
    assert read_examples(registry, tmp_path, parts).columns == columns()


def test_a_reader_of_the_tasks_own(registry, tmp_path, monkeypatch):
    (tmp_path / "mood_reader.py").write_text(
        "def read(paths):\n    return [{'text_a': line, 'label': 1} for line in paths[0].read_text().split()]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "train.txt").write_text("one two")
    data = Files(("{split}.txt",), {"train": "train", "test": "test"}, reader="mood_reader:read")
    assert read_examples(registry, tmp_path, task(data=data)).columns == {"text_a": ["one", "two"], "label": [1, 1]}


def test_each_split_has_its_own_limit(registry, tmp_path):
    for split in ("train", "dev", "test"):
        jsonl(tmp_path / f"{split}.jsonl", ROWS)
    sizes = [len(read_examples(registry, tmp_path, task(), split, limits=(3, 2))) for split in ("train", "dev", "test")]
    assert sizes == [3, 2, 2]
    assert len(read_examples(registry, tmp_path, task(), "train", limits=(None, 2))) == 4


def test_data_that_changed_since_they_were_hashed_are_not_read(registry, tmp_path, monkeypatch):
    """Before the reading or in the middle of it."""
    path, locations = tmp_path / "train.jsonl", Locations(store="", data=str(tmp_path))
    jsonl(path, ROWS)
    data = {"mood/train/en": identity(task(), "train", "en", locations)}
    assert read_examples(registry, tmp_path, task(), data=data).columns == columns()
    loading = load.load_examples

    def late(*arguments):
        examples = loading(*arguments)
        jsonl(path, ROWS[:3])
        return examples

    monkeypatch.setattr(load, "load_examples", late)
    for _ in ("while it was read", "since"):
        with pytest.raises(MissingError, match="mood train en has changed since the run was planned") as caught:
            read_examples(registry, tmp_path, task(), data=data)
        assert caught.value.todo == "Run the same command again."
    jsonl(path, [])
    with pytest.raises(MissingError, match="has changed"):
        read_examples(registry, tmp_path, task(), data=data)


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_empty_file_is_said_to_be_empty(registry, tmp_path, suffix):
    (tmp_path / f"train{suffix}").touch()
    with pytest.raises(MissingError, match="mood train en is empty"):
        read_examples(registry, tmp_path, task(suffix))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_with_a_header_alone_is_an_error_that_says_so(registry, tmp_path, suffix):
    table = pyarrow.table({"text_a": pyarrow.array([], pyarrow.string()), "label": pyarrow.array([], pyarrow.int64())})
    write = pyarrow.csv.write_csv if suffix == ".csv" else pyarrow.parquet.write_table
    write(table, tmp_path / f"train{suffix}")
    with pytest.raises(MissingError) as caught:
        read_examples(registry, tmp_path, task(suffix))
    assert "empty" in str(caught.value)
    assert "fetch it again" in caught.value.todo


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_damaged_file_is_named_with_the_cause(registry, tmp_path, suffix):
    (tmp_path / f"train{suffix}").write_bytes(b'PAR1 {"text_a": \xff')
    with pytest.raises(MissingError, match=f"train{suffix} can't be read") as caught:
        read_examples(registry, tmp_path, task(suffix))
    assert caught.value.why
    assert "fetch it again" in caught.value.todo


@pytest.mark.parametrize(
    "name", ["a b", "a[1]", "a*", "a?", "a::b", "http:", "a#b", "a%41", "a\nb", "ñ日", os.fsdecode(b"a\xff"), "n" * 200]
)
@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_folders_name_is_taken_as_it_is(registry, tmp_path, suffix, name):
    for folder, rows in ((name, ROWS), ("a1", ROWS[:1]), ("ax", ROWS[:1])):
        (tmp_path / folder).mkdir()
        WRITERS[suffix](tmp_path / f"rows{suffix}", rows)
        (tmp_path / f"rows{suffix}").rename(tmp_path / folder / f"train{suffix}")
    locations = Locations(store="", data=str(tmp_path / name))
    assert load.load_examples(registry, locations, task(suffix), "train", "en").columns == columns()


def test_so_is_the_one_of_the_libraries_cache(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "a::b[1]")
    jsonl(tmp_path / "train.jsonl", ROWS)
    locations = Locations(store="", data=str(tmp_path))
    assert load.load_examples(registry, locations, task(".jsonl"), "train", "en").columns == columns()


def test_an_unknown_format_is_named(registry, tmp_path):
    (tmp_path / "train.xml").write_text("<a/>")
    with pytest.raises(MissingError, match=r"train\.xml: xh reads \.parquet, \.jsonl, \.csv, \.tsv"):
        read_examples(registry, tmp_path, task(".xml"))


def test_a_missing_file_is_named(registry, tmp_path):
    with pytest.raises(MissingError, match=r"mood dev en: no .*/dev\.jsonl"):
        read_examples(registry, tmp_path, task(), "dev")


def test_several_sources_are_one_data_set_with_the_columns_that_all_have(registry, tmp_path, monkeypatch):
    (tmp_path / "moods_row.py").write_text("def row(row, lang):\n    return None if row['label'] > 0 else row\n")
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "org/name"
    folder.mkdir(parents=True)
    labels = datasets.Features(
        {"label": datasets.ClassLabel(names=["good", "bad"]), "text_a": datasets.Value("string")}
    )
    datasets.Dataset.from_list(ROWS[:2], features=labels).to_parquet(folder / "train-00000-of-00001.parquet")
    jsonl(folder / "first.jsonl", [row | {"idx": 7} for row in ROWS[2:]])
    jsonl(tmp_path / "train.jsonl", ROWS)
    first = {"train": "train", "test": "test"}
    sources = (
        Hub("org/name", "main", first),
        Hub("org/name", "main", first | {"train": "first"}, row="moods_row:row"),
        Files(("{split}.jsonl",), first),
    )
    assert read_examples(registry, tmp_path, task(data=sources)).columns == columns([*ROWS[:3], *ROWS])


def test_rows_may_be_made_of_several(registry, tmp_path, monkeypatch):
    (tmp_path / "moods_rows.py").write_text("def rows(rows, lang):\n    return rows[1::2] + [rows[0] | {'label': 1}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "org/name"
    folder.mkdir(parents=True)
    jsonl(folder / "train.jsonl", ROWS)
    data = Hub("org/name", "main", {"train": "train", "test": "test"}, rows="moods_rows:rows")
    assert read_examples(registry, tmp_path, task(data=data)).columns == columns(
        [ROWS[1], ROWS[3], ROWS[0] | {"label": 1}]
    )


def text_task(**splits):
    data = Hub("org/text", "main", splits, config="{lang}")
    return TaskSpec(name="text", kind="mlm", roles=("intermediate",), languages=("en",), metric="accuracy", data=data)


def test_where_dev_is_train_every_twentieth_example_is_held_out(registry, tmp_path):
    folder = tmp_path / "org/text/en"
    folder.mkdir(parents=True)
    jsonl(folder / "all.jsonl", [{"text": f"line {i}\nmore {i}"} for i in range(50)])
    train, dev = (
        read_examples(registry, tmp_path, text_task(train="all", dev="all"), split)["text"]
        for split in ("train", "dev")
    )
    assert (len(train), len(dev)) == (95, 5)
    assert not {*train} & {*dev}
    assert dev[0] == "more 9"


@pytest.mark.parametrize("name", ["en.txt", "en.txt.gz"])
def test_text_from_a_folder_of_ones_own(registry, tmp_path, name):
    lines = "one\n\ntwo “2”\n三\n"
    (tmp_path / name).write_bytes(gzip.compress(lines.encode()) if name.endswith("gz") else lines.encode())
    locations = Locations(store="", own={"text": str(tmp_path)})
    examples = load.load_examples(registry, locations, text_task(train="train", dev="other"), "train", "en")
    assert examples["text"] == ["one", "two “2”", "三"]


def test_a_share_of_the_rows_has_the_smaller_shares_in_it(registry, tmp_path):
    jsonl(tmp_path / "train.jsonl", [{"text_a": f"row {i}", "label": i % 2} for i in range(200)])
    parts = [
        set(read_examples(registry, tmp_path, task(), limits=(limit, None))["text_a"]) for limit in (0.05, 0.1, 37, 0.2)
    ]
    assert list(map(len, parts)) == [10, 20, 37, 40]
    assert parts[0] < parts[1] < parts[2] < parts[3]
    assert len(read_examples(registry, tmp_path, task(), limits=(0.0001, None))) == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_what_is_no_utf8_is_said(registry, tmp_path, suffix):
    content = {".jsonl": b'{"text_a": "\xff\xfe", "label": 0}\n', ".csv": b"text_a,label\n\xff\xfe,0\n"}[suffix]
    (tmp_path / f"train{suffix}").write_bytes(content)
    with pytest.raises(MissingError, match=r"is not UTF-8|can't be read"):
        read_examples(registry, tmp_path, task(suffix))
