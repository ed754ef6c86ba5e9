"""``xh doctor --data``: whether the data are what the tasks' records say."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Value

from xh.cli import doctor as doctor_command
from xh.store.probe import Exclusion

REPOSITORY = "google-research-datasets/paws-x"


def put(folder: Path, place: str, count: int, names=("0", "1"), **renamed: str) -> None:
    """PAWS-X rows as parquet with class labels."""
    columns = {"sentence1": Value("string"), "sentence2": Value("string"), "label": ClassLabel(names=list(names))}
    features = Features({renamed.get(name, name): feature for name, feature in columns.items()})
    row = ("Anna came.", "Anna was there.", 1)
    table = pa.Table.from_pylist([dict(zip(features, row, strict=True))] * count, schema=features.arrow_schema)
    path = folder / REPOSITORY / f"{place}-00000-of-00001.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


@pytest.fixture
def mirror(tmp_path) -> Path:
    """A folder with some of PAWS-X, as the record says but fewer rows."""
    folder = tmp_path / "mirror"
    for place in ("en/train", "en/validation", "en/test", "de/test"):
        put(folder, place, 6)
    return folder


def ask_doctor(xh, mirror):
    """Ask about the mirror; the findings of PAWS-X by split and language."""
    answer = xh("doctor", "--data", str(mirror), "--json")
    assert answer.code == 6
    return {(f["split"], f["lang"]): f for f in json.loads(answer.out) if f["task"] == "pawsx"}


def test_fewer_rows_in_a_folder_are_a_subset_and_languages_are_missed(xh, mirror):
    found = ask_doctor(xh, mirror)
    assert {place: each["state"] for place, each in found.items()} == {
        ("train", "en"): "subset", ("dev", "en"): "subset", ("test", "en"): "subset", ("test", "de"): "subset",
        **{("test", lang): "missing" for lang in ("es", "fr", "ja", "ko", "zh")},
    }  # fmt: skip
    assert (found["train", "en"]["rows"], found["train", "en"]["official"]) == (6, 49_401)


@pytest.mark.parametrize(
    ("place", "made", "problem"),
    [
        (
            ("test", "de"),
            {"place": "de/test", "count": 6, "names": ("1", "0")},
            "the classes of label are 1, 0, not 0, 1",
        ),
        (("train", "en"), {"place": "en/train", "count": 6, "sentence2": "second"}, "has no column sentence2"),
        (("test", "de"), {"place": "de/test", "count": 2001}, "2,001 rows instead of 2,000"),
    ],
    ids=["label order", "column", "rows"],
)
def test_drift_is_named(xh, mirror, place, made, problem):
    put(mirror, **made)
    found = ask_doctor(xh, mirror)
    assert found[place]["state"] == "different" and problem in found[place]["problem"]
    assert [each for each in found.values() if each["state"] == "different"] == [found[place]]


def test_a_line_for_each_task_says_what_is_there_and_what_is_not(xh, mirror):
    lines = xh("doctor", "--data", str(mirror)).out.splitlines()
    number = next(number for number, line in enumerate(lines) if line.split()[1] == "pawsx")
    assert lines[number : number + 2] == [
        "!!  pawsx         train 6 rows (subset of the official 49,401); dev 6 rows (subset of the official 2,000); "
        "test 12 rows in 2 of 7 languages (subset of the official 4,000)",
        f"      test es fr ja ko zh: no {mirror}/{REPOSITORY}/es/test-*.parquet and 4 more like it",
    ]
    assert {line.split()[1] for line in lines if line.startswith("!!")} >= {"squad", "xnli", "bucc"}


def test_what_can_not_be_had_offline_is_missing(xh, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    answer = xh("doctor", "--data", "hub", "--offline")
    assert answer.code == 6
    assert "      train en: rajpurkar/squad@7b6d24c440a3 is not in the cache (offline)" in answer.out


def test_a_task_may_be_looked_for_in_a_folder_of_its_own(xh, mirror, tmp_path):
    (tmp_path / "bank").mkdir()
    for split in ("train", "validation"):
        (tmp_path / "bank" / f"{split}.txt").write_text("It|PRP|NP rains|VBZ|S\\NP\n")
    lines = xh("doctor", "--data", f"{mirror},ccg={tmp_path / 'bank'}").out.splitlines()
    assert "ok  ccg           train 1 rows; dev 1 rows" in lines


def test_a_folder_of_an_unknown_task_is_a_mistake(xh, mirror):
    answer = xh("doctor", "--data", f"{mirror},cgc={mirror}")
    assert answer.code == 3
    assert "There is no task 'cgc'" in answer.err


@pytest.mark.parametrize(
    ("hosts", "got", "fine", "text"),
    [
        (("a",), 1, True, "exclude processes of this machine"),
        (("a", "b"), 1, True, "exclude processes of 2 nodes (a, b)"),
        (("a", "b"), 2, False, "exclude nobody on 2 nodes (a, b). Leases keep runs apart instead."),
    ],
)
def test_what_follows_from_locks_is_said(tmp_path, monkeypatch, hosts, got, fine, text):
    monkeypatch.setattr(doctor_command, "probe", lambda folder: Exclusion(hosts, got))
    found = doctor_command._locks(tmp_path)
    assert (found.fine, text in found.found) == (fine, True)
