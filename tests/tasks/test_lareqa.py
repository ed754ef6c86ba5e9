"""LAReQA: which sentence answers a question, in XQuAD-R's files and by the rules for English of its training pairs."""

import json
import os
from pathlib import Path

import pytest

from xh.spec import MissingError
from xh_tasks import copa, lareqa, nli_pairs, siqa, squad_pairs
from xh_tasks.english_sentences import breaks

MIRROR = Path(os.environ.get("XH_MIRROR") or Path(__file__).parents[3] / "shared" / "hub")
CONTEXT = "It rained. Dr. Ada Bell wrote No. 5 in 1911.\nThe sea was calm."


def sentences(text):
    return [text[start:end] for start, end in breaks(text)]


@pytest.mark.parametrize(
    "text",
    [
        'He left.| "Why?" she asked.',
        "He left. (It was late.)|Nobody knew.".replace(". (", ".|("),
        "A claim.[12]|Another claim.[citation needed]|A third.",
        "They met Mrs. Hall on Oct. 5.|It was J. A. Reed who spoke.",
        "He lived in the U.S.|The war ended.",
        "It has No. 7 on it.|See Vol. II of it.",
        "Was it 3.5 or 4?|However, nobody asked.",
        "the end",
    ],
)
def test_an_english_paragraph_falls_into_sentences(text):
    assert sentences(text.replace("|", " ")) == [part.strip() for part in text.split("|")]


def test_spaces_are_in_no_sentence():
    assert list(breaks("  One.  Two. ")) == [(2, 6), (8, 12)] and list(breaks("  ")) == []


def pair(text, start, context=CONTEXT):
    return squad_pairs.row(
        {"context": context, "question": "Q?", "answers": {"text": [text], "answer_start": [start]}}, "en"
    )


def test_a_question_is_paired_with_the_sentence_of_its_answer_and_the_paragraph():
    found = pair("1911", CONTEXT.index("1911"))
    assert found == {"query": "Q?", "candidate": "Dr. Ada Bell wrote No. 5 in 1911." + CONTEXT.replace("\n", "")}


def test_a_question_whose_answer_is_not_there_is_left_out():
    assert pair("1912", CONTEXT.index("1911")) is None
    assert pair(" ", CONTEXT.index("\n")) is None


def test_a_premise_is_paired_with_what_follows_and_contradicted_by_what_does_not():
    labels = [("a", "x", 0), ("a", "y", 2), ("b", "z", 0), ("b", "n", 1), ("a", "w", 2), ("c", "v", -1), ("c", "u", 2)]
    rows = [{"premise": premise, "hypothesis": hypothesis, "label": label} for premise, hypothesis, label in labels]
    assert nli_pairs.pairs(rows, "en") == [
        {"query": "a", "candidate": "x", "negatives": ["y", "w"]},
        {"query": "b", "candidate": "z", "negatives": []},
    ]


def xquad_r(folder, lang="en", start=3):
    questions = [{"id": "q", "question": "Wer?", "answers": [{"text": "b", "answer_start": start}]}]
    paragraph = {"context": "a. b. a. c", "sentence_breaks": [[0, 2], [3, 5], [6, 8], [9, 10]], "qas": questions}
    path = folder / f"{lang}.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    return [path]


def test_a_candidate_is_a_sentence_with_its_paragraph(tmp_path):
    found = lareqa.sentences(xquad_r(tmp_path, "de"))
    assert [row["id"] for row in found] == ["de_1_0", "de_1_1", "de_1_2", "de_1_3"]
    assert [row["match"] for row in found] == [[], ["q"], [], []]
    assert found[1]["candidate"] == "b.a. b. a. c"
    assert lareqa.questions(xquad_r(tmp_path)) == [{"id": "q", "query": "Wer?", "match": ["q"]}]


def test_a_sentence_that_is_there_twice_answers_twice(tmp_path):
    assert [row["match"] for row in lareqa.sentences(xquad_r(tmp_path, start=0))] == [["q"], [], ["q"], []]


def test_an_answer_outside_of_all_sentences_is_an_error(tmp_path):
    with pytest.raises(MissingError, match="Question q: its answer lies in none"):
        lareqa.sentences(xquad_r(tmp_path, start=2))


def test_copa_asks_in_english_and_siqa_counts_from_zero():
    premise = {"premise": "Es regnet.", "question": "effect", "choice1": "a", "choice2": "b", "label": 1}
    assert copa.row(premise, "de") == {"text": "Es regnet. What was the effect?", "choices": ["a", "b"], "label": 1}
    answers = {"answerA": "a", "answerB": "b", "answerC": "c"}
    assert siqa.row({"context": "X ran.", "question": "Why?", "label": "3"} | answers, "en") == {
        "text": "X ran. Why?", "choices": ["a", "b", "c"], "label": 2
    }  # fmt: skip


@pytest.mark.skipif(not (MIRROR / "lareqa").is_dir(), reason=f"no samples of the real data at {MIRROR}")
def test_the_rules_find_the_sentences_of_nearly_all_of_xquad_r():
    """As XTREME's own rules do: 235 of 240 paragraphs, 1,174 sentences instead of 1,180."""
    rows = list(map(json.loads, (MIRROR / "lareqa/en.jsonl").open(encoding="utf-8")))
    whole = [_context(row) for row in rows]
    found = [list(map(list, breaks(text))) for text in whole]
    assert sum(one == row["sentence_breaks"] for one, row in zip(found, rows, strict=True)) >= 235
    assert sum(map(len, found)) == 1_174


def _context(row):
    """A paragraph of its sentences, with spaces between them."""
    text = ""
    for sentence, (start, _) in zip(row["sentences"], row["sentence_breaks"], strict=True):
        text = text.ljust(start) + sentence
    return text
