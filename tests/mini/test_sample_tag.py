"""The sample's tagged sentences: a tag for every word, and only tags that can be."""

import unicodedata
from itertools import pairwise

import pytest

from helpers.sampleset import of_kind, rows

PUNCT, SYM = 12, 14


def with_column(name):
    return [path for path in of_kind("tag") if name in rows(path)[0]]


@pytest.mark.parametrize("path", of_kind("tag"))
def test_every_word_has_a_tag(path):
    for row in rows(path):
        sizes = {len(values) for values in row.values()}
        assert len(sizes) == 1 and max(sizes) > 2
        assert all(token == token.strip() and " " not in token for token in row["tokens"])


@pytest.mark.parametrize("path", of_kind("tag"))
def test_no_sentence_occurs_twice(path):
    sentences = [tuple(row["tokens"]) for row in rows(path)]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("path", with_column("pos_tags"))
def test_punctuation_and_nothing_else_is_tagged_so(path):
    used = {tag for row in rows(path) for tag in row["pos_tags"]}
    assert used <= set(range(17)) and len(used) >= 12
    for row in rows(path):
        for token, tag in zip(row["tokens"], row["pos_tags"], strict=True):
            marks = all(unicodedata.category(letter)[0] in "PS" for letter in token)
            assert (tag in (PUNCT, SYM)) == marks, row


@pytest.mark.parametrize("path", with_column("ner_tags"))
def test_names_begin_with_b_and_all_three_types_occur(path):
    for row in rows(path):
        for before, tag in pairwise([0, *row["ner_tags"]]):
            assert tag not in (2, 4, 6) or before in (tag - 1, tag), row
        assert len(set(row["langs"])) == 1
    assert {tag for row in rows(path) for tag in row["ner_tags"]} >= {0, 1, 3, 5}


@pytest.mark.parametrize("path", with_column("supertags"))
def test_brackets_of_ccg_categories_are_paired(path):
    for row in rows(path):
        for category in row["supertags"]:
            assert category.count("(") == category.count(")") and category.count("[") == category.count("]")


def test_the_categories_of_ccg_in_validation_are_known_from_training():
    train, validation = (
        {tag for row in rows(f"local/ccg/{split}.jsonl") for tag in row["supertags"]}
        for split in ("train", "validation")
    )
    assert validation <= train and len(train) >= 70
