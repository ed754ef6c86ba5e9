"""The texts of which vectors are made, and the classes of those that have one."""

import pytest

from xh.kinds.base import Kind
from xh.kinds.bitext import Bitext
from xh.kinds.choice import Choice
from xh.kinds.classify import Classify
from xh.kinds.mlm import MaskedLM
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.spec.examples import Examples

TABLE = {"side": ["source", "target"], "id": ["1", "2"], "sentence": ["ja", "yes"], "match": [["2"], []]}
CASES = {
    Classify: ({"text_a": ["one"], "text_b": ["two"], "label": [1]}, ["one two"]),
    Choice: ({"text": ["one"], "choices": [["two", "three"]], "label": [1]}, ["one two three"]),
    Tag: ({"tokens": [["one", "two"]], "tags": [[0, 1]]}, ["one two"]),
    Span: ({"id": ["7"], "context": ["two"], "question": ["one"], "answers": [{}]}, ["one two"]),
    MaskedLM: ({"text": ["one two"]}, ["one two"]),
    Bitext: ({"source": ["eins"], "target": ["one"]}, ["eins"]),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_example_has_a_text(kind):
    columns, texts = CASES[kind]
    examples = Examples(columns, "here", "de")
    assert kind().texts(examples) == texts
    assert kind().classes(examples) == ([1] if kind is Classify else None)


def test_of_a_table_the_sentences_of_the_other_language_count():
    assert Bitext().texts(Examples(TABLE, "here", "de")) == ["ja"]


def test_another_kinds_texts_are_its_columns_of_text():
    class Own(Kind):
        predict = pairs = None

    examples = Examples({"first": ["a", "b"], "number": [1, 2], "second": ["c", "d"]}, "here")
    assert Own().texts(examples) == ["a c", "b d"]
    assert Own().classes(examples) is None
