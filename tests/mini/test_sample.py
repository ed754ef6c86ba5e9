"""The embedded sample data as a whole: small, large enough, without duplicates, without leaks between the parts."""

import json
from collections import defaultdict

import pytest
from tokenizers import Tokenizer

from helpers.sampleset import DEV, FILES, MEWSLI_X, TESTED, TRAINED, TRANSLATED, by_lang, kind, lines, of_kind, rows
from xh.mini import ENCODER, SAMPLE

BUCC = ["de", "fr", "ru", "zh"]
REPOSITORIES = sorted({"/".join(path.split("/")[:2]) for path in FILES})
TEXT = ("context", "premise", "sentence1", "question1", "ctx", "source_sentence")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def main_text(row):
    """What a row is about: two rows with the same one must not be in training and in testing."""
    if "tokens" in row:
        return " ".join(row["tokens"])
    return next((row[name] for name in TEXT if name in row), row.get("question", ""))


def whole_text(row):
    return " ".join([main_text(row), *(row[name] for name in ("sentence2", "question2") if name in row)])


def test_the_files_are_the_expected_ones():
    found = {path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*.jsonl")}
    assert found == {*FILES, *MEWSLI_X}
    texts = {path.relative_to(SAMPLE).as_posix() for path in (SAMPLE / "bucc2018").rglob("*-en.*")}
    assert texts == {
        f"bucc2018/{lang}-en/{lang}-en.{part}.{ext}"
        for lang in BUCC
        for part in ("sample", "training")
        for ext in (lang, "en", "gold")
    }


def test_the_sample_is_small():
    """It was to be below 3 MB until LAReQA's paragraphs in eight languages, a dictionary in three, and pictures."""
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 3_655_000


@pytest.mark.parametrize("folder", TRAINED)
def test_there_is_enough_to_train_on_and_to_choose_by(folder):
    train, dev = map(rows, TRAINED[folder])
    assert len(train) >= 200 and len(dev) >= 40


@pytest.mark.parametrize("pattern", TESTED)
def test_there_is_enough_to_test_on_in_english_and_six_other_languages(pattern):
    files = by_lang(pattern)
    assert len(files) >= 7
    assert all(len(rows(path)) >= 40 for path in files.values())
    assert pattern.startswith("google/xtreme/tatoeba") or set(files) & {"en", "English"}


@pytest.mark.parametrize("path", DEV)
def test_there_is_enough_to_choose_by(path):
    assert len(rows(path)) >= 40


@pytest.mark.parametrize("path", TRANSLATED)
def test_there_is_enough_to_train_on_in_other_languages(path):
    assert len(rows(path)) == TRANSLATED[path]


@pytest.mark.parametrize("folder", REPOSITORIES)
def test_the_readme_of_a_repository_lists_each_of_its_files(folder):
    readme = (SAMPLE / folder / "README.md").read_text(encoding="utf-8")
    front = readme.split("---\n")[1].splitlines()
    listed = [line.split("path: ")[1] for line in front if "path: " in line]
    files = {path.relative_to(SAMPLE / folder).as_posix() for path in (SAMPLE / folder).rglob("*.jsonl")}
    assert len(listed) == len(set(listed))
    assert set(listed) == files


def test_the_readme_says_what_the_sample_is():
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "CC0-1.0" in readme
    assert "not XTREME scores" in readme


@pytest.mark.parametrize("path", FILES)
def test_rows_parse_have_the_same_columns_and_are_not_duplicated(path):
    content = rows(path)
    assert all(row.keys() == content[0].keys() for row in content)
    unnamed = [{name: value for name, value in row.items() if name not in ("id", "idx", "ind")} for row in content]
    assert len({json.dumps(row, sort_keys=True) for row in unnamed}) == len(content)
    for row in content:
        for text in strings(row):
            assert text and text == text.strip(), row
            assert "\n" not in text and "\ufffd" not in text, row


@pytest.mark.parametrize("path", [path for path in FILES if "id" in rows(path)[0]])
def test_ids_are_unique(path):
    ids = [row["id"] for row in rows(path)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ["choice", "classify", "span", "tag"])
def test_no_text_is_in_training_and_in_testing(name):
    """Nor in the training of one task and the testing of another."""
    texts = defaultdict(set)
    for path in of_kind(name):
        texts["/train" in path].update(map(main_text, rows(path)))
    assert "" not in texts[True] | texts[False]
    assert not texts[True] & texts[False]


@pytest.mark.parametrize(
    ("name", "most"), [("choice", 256), ("classify", 128), ("span", 384), ("tag", 128)], ids=lambda value: str(value)
)
def test_a_text_of_each_kind_is_too_long_for_one_input(name, most):
    tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    longest = {path: max(map(whole_text, rows(path)), key=len) for path in of_kind(name)}
    long = [path for path, text in longest.items() if len(tokenizer.encode(text).ids) > most]
    assert any("/train" in path for path in long)
    assert name == "choice" or any("/test" in path or "xquad" in path for path in long)
    assert {kind(path) for path in long} == {name}


def test_a_pair_of_bucc_is_too_long_for_one_input():
    tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    longest = max(lines("bucc2018/zh-en/zh-en.sample.en"), key=len)
    assert len(tokenizer.encode(longest.split("\t")[1]).ids) > 512
