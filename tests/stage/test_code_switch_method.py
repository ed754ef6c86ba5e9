"""The method code-switch: which words of which examples are replaced, in all kinds, and trainings with it."""

import os
from collections import Counter

import pytest
from test_multitask_training import MOOD, TEXT, mixed

from helpers.methods import RECIPE, check_resumed, made
from xh.spec import MissingError
from xh.spec.examples import Examples


@pytest.fixture
def folder(tmp_path):
    """Three dictionaries, one of another language than English, and one as FreeDict has them."""
    place = tmp_path / "words"
    place.mkdir()
    (place / "en-de.txt").write_text("day Tag\nday\tTageslicht\nfine fein\ntoo many words\n", "utf-8")
    (place / "en-fr.txt").write_text(
        "FreeDict 1.0\nday /deɪ/ <n>\n1. jour <masc>, journée [dated]\n  Synonyms: {date}\n\n"
        "fine day /faɪn/\nbeau\nawful /ɔːfəl/ <adj>\n\naffreux; vraiment mauvais\n", "utf-8",
    )  # fmt: skip
    (place / "fr-en.txt").write_text("jour day\n", "utf-8")
    return place


def switched(worker, folder, columns, lang="en", epoch=0, **settings):
    method = made("code-switch", **{"dictionary": str(folder), "ratio": 1.0} | settings)
    return method.examples(Examples(columns, "x", lang), epoch, worker.job()).columns


def test_words_are_replaced_by_translations_of_a_language_that_is_drawn_for_each(worker, folder):
    found = switched(worker, folder, {"text_a": ["day, Fine!"] * 4000, "label": [1] * 4000})
    assert found["label"] == [1] * 4000
    first = Counter(text.split(", ")[0] for text in found["text_a"])
    assert first.keys() == {"Tag", "Tageslicht", "jour", "journée"}
    assert all(abs(count - 1000) < 150 for count in first.values())
    second = Counter(text.split(", ")[1] for text in found["text_a"])
    assert second.keys() == {"fein!", "Fine!"}, "French has no word for it"
    assert abs(second["fein!"] - 2000) < 200


@pytest.mark.parametrize(("sentences", "ratio"), [(1.0, 0.3), (0.3, 1.0)])
def test_as_many_words_and_texts_are_replaced_as_is_asked_for(worker, folder, sentences, ratio):
    found = switched(worker, folder, {"text_a": ["day day day day"] * 2000}, sentences=sentences, ratio=ratio)["text_a"]
    words = Counter(word != "day" for text in found for word in text.split())
    assert words[True] / 8000 == pytest.approx(0.3, abs=0.03)
    whole = sum("day" not in text for text in found) / 2000
    assert whole == pytest.approx(0.3 if sentences < 1 else 0.3**4, abs=0.04)


def test_answers_stay_where_their_context_changes(worker, folder):
    context = "day of a fine day and another day"
    answers = {"text": ["fine day", "day", "a fine day and"], "answer_start": [9, 30, 7]}
    row = {"id": ["1"], "context": [context], "question": ["which day"], "answers": [answers]}
    found = switched(worker, folder, row)
    assert found["question"] != row["question"] and found["id"] == ["1"]
    (passage,), (changed,) = found["context"], found["answers"]
    assert not passage.startswith("day of") and changed["text"] == answers["text"]
    for text, start in zip(changed["text"], changed["answer_start"], strict=True):
        assert passage[start : start + len(text)] == text


def test_tags_and_choices_keep_their_number(worker, folder):
    found = switched(worker, folder, {"tokens": [["Fine", "day", ","]], "tags": [[1, 2, 0]]})
    assert len(found["tokens"][0]) == 3 and found["tokens"][0][1] != "day" and found["tags"] == [[1, 2, 0]]
    found = switched(worker, folder, {"text": ["day"], "choices": [["day", "night"]], "label": [0]})
    assert found["choices"][0][0] != "day" and found["choices"][0][1] == "night"


def test_only_the_language_of_the_dictionary_is_switched(worker, folder):
    found = switched(worker, folder, {"text_a": ["day", "day"], "lang": ["en", "nl"]})
    assert found["text_a"][0] != "day" and found["text_a"][1] == "day"


def test_epochs_differ_and_come_again(worker, folder):
    texts = {"text_a": ["day " * 50]}
    first, second, again = (switched(worker, folder, texts, epoch=epoch, ratio=0.5) for epoch in (0, 1, 0))
    assert first == again != second


def test_a_small_dictionary_comes_with_xh(worker):
    found = switched(worker, "", {"text_a": ["the house and the cat " * 40]})["text_a"][0]
    assert {"Haus", "maison", "nyumba", "Katze", "chat", "paka"} <= {*found.split()}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("xx-yy.txt", b"a b\n", "has no dictionary en-<language>.txt"),
        ("en-de.txt", b"a\n\n", "has no pairs of words"),
        ("en-de.txt", b"\xff b\n", "is not UTF-8"),
    ],
)
def test_a_folder_without_words_is_an_error(worker, tmp_path, name, text, said):
    os.mkfifo(tmp_path / "en-fr.txt")
    (tmp_path / name).write_bytes(text)
    with pytest.raises(MissingError, match=said):
        switched(worker, tmp_path, {"text_a": ["day"]})


def test_a_killed_training_comes_to_the_same(worker, folder, monkeypatch):
    worker.methods = (made("code-switch", dictionary=str(folder)),)
    check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6)


def test_it_works_in_a_mixture_with_running_text(worker, folder, monkeypatch):
    worker.methods = (made("code-switch", dictionary=str(folder)),)
    check_resumed(lambda name: mixed(worker, MOOD, TEXT, name=name), monkeypatch, 7)
