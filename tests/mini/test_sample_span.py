"""The sample's question answering: answers at their offsets, the same questions in every language."""

from collections import Counter
from itertools import pairwise

import pytest

from helpers.sampleset import MLQA, SQUAD, SQUAD_V2, TRAINED, TYDIQA, XQUAD, by_lang, of_kind, rows

LANGUAGES = ["arabic", "bengali", "english", "finnish", "indonesian", "korean", "russian", "swahili", "telugu"]


@pytest.mark.parametrize("path", of_kind("span"))
def test_answers_are_at_their_offsets(path):
    for row in rows(path):
        texts, starts = row["answers"]["text"], row["answers"]["answer_start"]
        assert texts or SQUAD_V2 in path
        for text, start in zip(texts, starts, strict=True):
            assert row["context"][start : start + len(text)] == text, row["id"]


@pytest.mark.parametrize("path", of_kind("span"))
def test_no_question_is_asked_twice_of_a_context(path):
    questions = Counter((row["context"], row["question"]) for row in rows(path))
    assert max(questions.values()) == 1


def test_squad_has_many_paragraphs_and_a_long_one():
    train = rows(TRAINED[SQUAD][0])
    assert len({row["context"] for row in train}) >= 60
    assert max(len(row["context"].split()) for row in train) >= 500
    assert all(row.keys() == {"id", "title", "context", "question", "answers"} for row in train)
    assert all(len(row["answers"]["text"]) == 1 for row in train)


@pytest.mark.parametrize("path", TRAINED[SQUAD_V2])
def test_a_third_of_the_questions_of_squad_v2_have_no_answer(path):
    content = rows(path)
    counts = Counter(len(row["answers"]["text"]) for row in content)
    assert counts == {0: len(content) / 3, 1: len(content) * 2 / 3}


@pytest.mark.parametrize("pattern", [XQUAD, MLQA])
def test_the_questions_are_the_same_in_every_language(pattern):
    files = {lang: rows(path) for lang, path in by_lang(pattern).items()}
    for content in files.values():
        assert [row["id"] for row in content] == [row["id"] for row in files["en"]]
        assert changes(content) == changes(files["en"])
    contexts = [{row["context"] for row in content} for content in files.values()]
    assert len(set().union(*contexts)) == sum(map(len, contexts))


def changes(content):
    """Where the context of a question is another than that of the question before."""
    return [first["context"] != second["context"] for first, second in pairwise(content)]


@pytest.mark.parametrize("path", by_lang(XQUAD).values())
def test_every_language_of_xquad_has_a_long_paragraph(path):
    assert max(len(row["context"]) for row in rows(path)) >= (800 if ".zh/" in path else 2000)


def test_the_ids_of_tydiqa_begin_with_the_language_and_all_are_there():
    train, validation = (Counter(row["id"].split("-")[0] for row in rows(path)) for path in TRAINED[TYDIQA])
    assert validation == dict.fromkeys(LANGUAGES, 40)
    assert set(train) == set(LANGUAGES) and min(train.values()) >= 40 and train["english"] >= 200
