"""The sample of LAReQA: the same questions in every language, each answered by one sentence."""

import json

import pytest

from xh.mini import SAMPLE

FILES = sorted((SAMPLE / "lareqa/xquad-r").glob("*.json"))


def paragraphs(path):
    articles = json.loads(path.read_text("utf-8"))["data"]
    return [paragraph for article in articles for paragraph in article["paragraphs"]]


def test_all_languages_ask_the_same_questions():
    assert [path.stem for path in FILES] == ["ar", "de", "en", "es", "hi", "ru", "th", "zh"]
    asked = [[question["id"] for paragraph in paragraphs(path) for question in paragraph["qas"]] for path in FILES]
    assert all(ids == asked[0] for ids in asked) and len(set(asked[0])) == 38


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sentences_are_what_their_breaks_say_and_answers_lie_in_one(path):
    for paragraph in paragraphs(path):
        breaks, text = paragraph["sentence_breaks"], paragraph["context"]
        assert paragraph["sentences"] == [text[start:end] for start, end in breaks] and len(breaks) > 1
        for question in paragraph["qas"]:
            (answer,) = question["answers"]
            start = answer["answer_start"]
            assert text[start:].startswith(answer["text"])
            assert sum(left <= start < right for left, right in breaks) == 1
