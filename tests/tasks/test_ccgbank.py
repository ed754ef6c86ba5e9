"""CCGbank in the formats that people have; the sentences are made."""

import json

import pytest

from xh.data.locate import locate
from xh.spec import Locations, MissingError
from xh_tasks import ccg

WORDS, CATEGORIES = ["Anna", "reads", "books", "."], ["N", "(S[dcl]\\NP)/NP", "N", "."]
AUTO = (
    "ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1\n"
    "(<T S[dcl] 0 2> (<T S[dcl] 1 2> (<T NP 0 1> (<L N NNP NNP Anna N>) ) (<T S[dcl]\\NP 0 2> "
    "(<L (S[dcl]\\NP)/NP VBZ VBZ reads (S[dcl]\\NP_1)/NP_2>) (<T NP 0 1> (<L N NNS NNS books N>) ) ) ) "
    "(<L . . . . .>) )\n"
)
ROW = {"tokens": WORDS, "supertags": CATEGORIES}
FORMATS = {
    "auto": AUTO * 2,
    "pipe": "Anna|NNP|N reads|VBZ|(S[dcl]\\NP)/NP books|NNS|N .|.|.\n" * 2,
    "tsv": "Anna reads books .\tN (S[dcl]\\NP)/NP N .\n" * 2,
    "txt": "Anna NNP N\nreads VBZ (S[dcl]\\NP)/NP\nbooks NNS N\n. . .\n\n" * 2,
    "conll": "Anna\tN\nreads\t(S[dcl]\\NP)/NP\nbooks\tN\n.\t.\n\n" * 2,
    "jsonl": (json.dumps(ROW) + "\n") * 2,
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_sentences(tmp_path, suffix):
    path = tmp_path / f"train.{suffix}"
    path.write_text(FORMATS[suffix], encoding="utf-8")
    assert ccg.read([path]) == [ROW, ROW]


def test_parquet(tmp_path):
    from datasets import Dataset

    path = tmp_path / "train.parquet"
    Dataset.from_list([ROW | {"pos_tags": ["NNP", "VBZ", "NNS", "."]}]).to_parquet(path)
    assert [(row["tokens"], row["supertags"]) for row in ccg.read([path])] == [(WORDS, CATEGORIES)]


def test_one_sentence_in_columns_and_one_with_a_bar_among_its_words(tmp_path):
    (tmp_path / "a").write_text("Anna NNP N\nreads VBZ (S[dcl]\\NP)/NP\n", encoding="utf-8")
    (tmp_path / "b").write_text("a|b|NN|N .|.|.\n", encoding="utf-8")
    assert ccg.read([tmp_path / "a", tmp_path / "b"]) == [
        {"tokens": WORDS[:2], "supertags": CATEGORIES[:2]},
        {"tokens": ["a|b", "."], "supertags": ["N", "."]},
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a b .\tN N .\na b .\tN .\n", "line 2: 3 words and 2 categories"),
        ("a NN N\nb\n\nc NN N\n", "line 1: 2 words and 1 categories"),
        ("a|X|N b|X|N\na|X|N b\n", "line 2: 2 words and 1 categories"),
    ],
)
def test_a_sentence_that_lacks_a_category_is_named(tmp_path, text, problem):
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MissingError, match=problem):
        ccg.read([path])


def test_several_files_of_a_split_are_read_in_order(tmp_path, tasks):
    folder = tmp_path / "local" / "ccg" / "default"
    folder.mkdir(parents=True)
    for name in ("train.03.auto", "train.02.auto", "validation.00.auto", "trains.txt"):
        (folder / name).write_text(AUTO, encoding="utf-8")
    locations = Locations(store="", data=str(tmp_path))
    assert [path.name for path in locate(tasks["ccg"], "train", "en", locations)] == ["train.02.auto", "train.03.auto"]


@pytest.mark.parametrize("data", ["hub", "folder"])
def test_without_it_the_user_learns_how_to_give_it(tmp_path, tasks, data):
    locations = Locations(store="", data=None if data == "hub" else str(tmp_path))
    with pytest.raises(
        MissingError, match=r"CCGbank is licensed .* put your train.* into DIR/local/ccg and use --data"
    ):
        locate(tasks["ccg"], "train", "en", locations)
