"""The samples of LAReQA and Mewsli-X: what is asked is answered, in all languages."""

import json

import pytest

from helpers.sampleset import MEWSLI_X, rows
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


def test_every_mention_lies_in_a_sentence_and_its_entity_is_a_candidate():
    train, dev, test, candidates = map(rows, MEWSLI_X)
    known = {row["entity_id"] for row in candidates}
    assert len(known) == len(candidates) == 35 and len(train) == 25 and len(dev) == 5
    news = [(row["context"], mention) for row in test for mention in row["mentions"]]
    assert all(mention["entity_id"] in known for _, mention in news)
    pairs = [row["contextual_mention"] for row in (*train, *dev)]
    for context, mention in [*news, *((pair["context"], pair["mention"]) for pair in pairs)]:
        place, text = mention["mention_span"], context["text"]
        assert text[place["start"] : place["end"]] == place["text"]
        spans = context["sentence_spans"]
        assert sum(span["start"] <= place["start"] < place["end"] <= span["end"] for span in spans) == 1
    assert " ".join(sorted({context["language"] for context, _ in news})) == "ar de en es fa ja pl ro ta tr uk"
