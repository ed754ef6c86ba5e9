"""Errors planted in made data and in made kinds: the kit says what is wrong and where."""

import json
import math

import pytest
import torch

from xh.kinds.bitext import Bitext
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.kinds.supervised import TrainedKind
from xh.kinds.tag import Tag
from xh.spec import Files, Locations, TaskSpec
from xh.spec.data import CANDIDATES
from xh.spec.kinds import KindSpec, use_kinds
from xh.testing import NotCheckedError, Subject, check
from xh.testing.subject import installed

NLI = ("entailment", "neutral", "contradiction")
PAIRS = {"kind": "classify", "columns": {"text_a": "premise", "text_b": "hypothesis"}, "metric": "accuracy"}
TAGS = ("DET", "NOUN", "VERB")
TAGGING = {"kind": "tag", "columns": {"tags": "pos"}, "labels": TAGS, "metric": "f1"}
QA = {"kind": "span", "metric": "f1"}
SETTINGS = {"max_length": 384, "stride": 128, "max_query": 64, "n_best": 20, "max_answer": 30}
CONTEXT = "Three ferries leave the harbour every morning, and the last of them goes to the lighthouse."


def pairs(count=6, word="boat"):
    return [{"premise": f"A {word} {i}.", "hypothesis": f"A thing {i}.", "label": i % 3} for i in range(count)]


def sentences(count=4, shift=0):
    return [{"tokens": ["The", f"lighthouse{i}", "blinks"], "pos": [shift, 1 + shift, 2 + shift]} for i in range(count)]


def question(key, answer, start=None):
    places = [CONTEXT.index(answer) if start is None else start]
    return {
        "id": key,
        "context": CONTEXT,
        "question": f"What? {key}",
        "answers": {"text": [answer], "answer_start": places},
    }


def test_labels_in_the_order_of_the_data_are_fine(made):
    made.write("train", pairs(), label=[*NLI])
    assert [
        made.problems(name, labels=NLI, **PAIRS) for name in ("columns", "labels", "features", "gold", "files")
    ] == [[]] * 5


def test_a_mixed_up_label_order_is_caught(made):
    made.write("train", pairs(), label=[*NLI])
    (problem,) = made.problems("labels", labels=("contradiction", "neutral", "entailment"), **PAIRS)
    assert problem.startswith("train en: ")
    assert (
        "the classes of label are entailment, neutral, contradiction, not contradiction, neutral, entailment" in problem
    )


def test_a_mixed_up_tag_order_is_caught(made):
    made.write("train", sentences(), pos=["NOUN", "DET", "VERB"])
    (problem,) = made.problems("labels", **TAGGING)
    assert "train-00000-of-00001.parquet: the classes of pos are NOUN, DET, VERB, not DET, NOUN, VERB" in problem


def test_a_shifted_answer_offset_is_caught(made):
    start = CONTEXT.index("lighthouse") + 1
    made.write("train", [question("q0", "ferries"), question("q1", "lighthouse", start)])
    for name in ("features", "gold", "files"):
        (problem,) = made.problems(name, **QA)
        assert (
            f"the answer 'lighthouse' of question q1 is not at character {start}: it occurs at {start - 1}" in problem
        )
        assert problem.startswith("made train en, row 1")


def test_tags_that_count_from_one_are_caught(made):
    made.write("train", sentences(shift=1))
    (problem,) = made.problems("columns", **TAGGING)
    assert "made train en, row 0: tag 3 is not one of 0 DET, 1 NOUN, 2 VERB" in problem


def test_tags_that_count_from_one_are_caught_where_the_last_one_is_rare(made):
    rows = [{"tokens": [f"w{i}", "and"], "pos": [1, 2]} for i in range(1000)]
    made.write("train", rows)
    (problem,) = made.problems("labels", **TAGGING)
    assert problem == "train en: among 2,000 labels there is no 0 DET"


def test_a_tag_too_few_is_caught(made):
    rows = sentences()
    rows[2]["pos"] = rows[2]["pos"][1:]
    made.write("train", rows)
    (problem,) = made.problems("columns", **TAGGING)
    assert problem.startswith("made train en, row 2: 3 words have the tags [1, 2]")


class LateTag(Tag):
    """Labels one subword token late."""

    def features(self, examples, tokenizer, recipe, *, train):
        features = super().features(examples, tokenizer, recipe, train=train)
        if train:
            features.columns["labels"] = [[-100, *labels[:-1]] for labels in features.columns["labels"]]
        return features


class ShiftedTag(Tag):
    """Each word has the tag of the word before."""

    def features(self, examples, tokenizer, recipe, *, train):
        shifted = [[tags[-1], *tags[:-1]] for tags in examples["tags"]]
        examples = type(examples)({**examples.columns, "tags": shifted}, examples.where, examples.lang)
        return super().features(examples, tokenizer, recipe, train=train)


class ShiftedSpan(Span):
    """Answers end one subword token early."""

    def features(self, examples, tokenizer, recipe, *, train):
        features = super().features(examples, tokenizer, recipe, train=train)
        if train:
            ends = zip(features.columns["start_positions"], features.columns["end_positions"], strict=True)
            features.columns["end_positions"] = [max(start, end - 1) for start, end in ends]
        return features


class OtherTextTag(Tag):
    """Reads the words backwards."""

    def features(self, examples, tokenizer, recipe, *, train):
        turned = [words[::-1] for words in examples["tokens"]]
        examples = type(examples)({**examples.columns, "tokens": turned}, examples.where, examples.lang)
        return super().features(examples, tokenizer, recipe, train=train)


class LossyTag(Tag):
    """Leaves out the last sentence of its files."""

    def read(self, path):
        return [*super().read(path)[:-1], []]


def own(kind, **fields):
    columns = (
        {"tokens": "tokens", "tags": "pos"}
        if issubclass(kind, Tag)
        else {n: n for n in ("id", "context", "question", "answers")}
    )
    name = f"own-{kind.__name__.lower()}"
    installed()
    use_kinds([("xh-made", KindSpec(name=name, code=f"{__name__}:{kind.__name__}"))])
    return {**fields, "kind": name, "columns": columns}


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (LateTag, "features", "word 1 'lighthouse0': its label NOUN sits on"),
        (ShiftedTag, "features", "train en, row 0, word 0 'The': its label is VERB, its tag DET"),
        (ShiftedTag, "gold", "train en, row 0: word 0: 'VERB' instead of 'DET'"),
        (OtherTextTag, "features", "row 0: the input has 'blinkslighthouse0The', which is in none of tokens"),
    ],
)
def test_a_kind_that_is_off_by_one_is_caught(made, kind, name, expected):
    made.write("train", sentences(), pos=[*TAGS])
    problems = made.problems(name, **{**TAGGING, **own(kind)})
    assert any(expected in problem for problem in problems), problems


def test_a_kind_whose_answers_end_early_is_caught(made):
    made.write("train", [question("q0", "every morning"), question("q1", "the harbour")])
    assert made.problems("gold", **{**QA, **own(Span, recipe=SETTINGS)}) == []
    problems = made.problems("gold", **{**QA, **own(ShiftedSpan, recipe=SETTINGS)})
    assert problems[0].startswith("train en, question q0: gold positions decode to 'every")
    assert problems[0].endswith("the answer is 'every morning'")


def test_files_that_lose_something_are_caught(made):
    made.write("train", sentences(), pos=[*TAGS])
    (problem,) = made.problems("files", **{**TAGGING, **own(LossyTag)})
    assert problem.startswith("ValueError: token accuracy needs one predicted tag per token")


def test_rows_in_two_splits_are_caught_unless_they_are_declared(made):
    made.write("train", pairs(9), label=[*NLI])
    made.write("test", [*pairs(3, "ship"), *pairs(1)], label=[*NLI])
    fields = {"labels": NLI, **PAIRS}
    (problem,) = made.problems("overlap", **fields)
    assert problem.startswith("test: 1 of 4 rows are in train too (0 are allowed), the first is row 3: 'A boat 0. |")
    assert made.problems("overlap", shared=1, **fields) == []


def test_a_missing_column_is_caught(made):
    made.write("train", pairs())
    with pytest.raises(NotCheckedError, match="has no column sentence1; it has premise, hypothesis, label"):
        made.problems("columns", labels=NLI, **{**PAIRS, "columns": {"text_a": "sentence1"}})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"metric": "xh.metrics.accuracy:nothing"}, "xh.metrics.accuracy:nothing can't be found"),
        ({"recipe": {"epochs": 0}}, "made.epochs = 0 (from task record) is invalid"),
        ({"rows": {"test": 5}}, "rows of test, but there is no such split"),
        ({"train_from": "nosuch"}, "There is no task 'nosuch'"),
    ],
)
def test_a_record_that_leads_nowhere_is_caught(made, fields, expected):
    made.write("train", pairs(), label=[*NLI])
    problems = made.problems("record", **{"labels": NLI, **PAIRS, **fields})
    assert expected in problems[0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"{__name__}:pairs", f"{__name__}:pairs is not a kind."),
        (f"{__name__}:Unfinished", "has no decode, pairs."),
        (f"{__name__}:Untrained", "The code of kind 'odd' can't be trained."),
        ("", "The code of kind 'odd' is not known."),
    ],
)
def test_a_kind_whose_code_can_not_be_one_is_caught(made, code, expected):
    made.write("train", pairs(), label=[*NLI])
    installed()
    use_kinds([("xh-made", KindSpec(name="odd", code=code))])
    (problem,) = made.problems("record", **{"labels": NLI, **PAIRS, "kind": "odd"})
    assert expected in problem


class Unfinished(TrainedKind):
    def features(self, examples, tokenizer, recipe, *, train):
        raise AssertionError("is not called")


class Untrained(Bitext):
    """A kind, but none that is trained."""


def test_a_training_that_learns_is_fine(made):
    made.write("train", pairs(), label=[*NLI])
    assert made.problems("learns", labels=NLI, **PAIRS) == []


def test_a_loss_that_is_not_finite_is_caught(made, monkeypatch):
    monkeypatch.setattr(Classify, "prepare", lambda self, model: model.classifier.out_proj.weight.data.fill_(math.nan))
    made.write("train", pairs(), label=[*NLI])
    (problem,) = made.problems("learns", labels=NLI, **PAIRS)
    assert problem.startswith("the loss is not finite: nan")


def test_a_loss_that_does_not_fall_is_caught(made, monkeypatch):
    def uphill(self, model):
        for weight in model.parameters():
            weight.register_hook(lambda slope: -slope)

    monkeypatch.setattr(Classify, "prepare", uphill)
    made.write("train", pairs(), label=[*NLI])
    (problem,) = made.problems("learns", labels=NLI, **PAIRS)
    assert problem.startswith("the loss of 2 rows does not fall in 2 steps: ")


def test_a_loss_of_what_single_precision_rounds_need_not_fall(made, monkeypatch):
    def sure(self, model):
        model.classifier.out_proj.weight.data.zero_()
        model.classifier.out_proj.bias.data.copy_(torch.tensor([16.0, 0.0, 0.0]))

    monkeypatch.setattr(Classify, "prepare", sure)
    made.write("train", [row | {"label": 0} for row in pairs()], label=[*NLI])
    assert made.problems("learns", labels=NLI, **PAIRS) == []


def test_predictions_that_can_not_be_scored_are_caught(made, monkeypatch):
    monkeypatch.setattr(Classify, "decode", lambda self, *_: [])
    made.write("train", pairs(), label=[*NLI])
    assert made.problems("learns", labels=NLI, **PAIRS)


def test_a_query_without_an_answer_and_an_id_twice_are_caught(tmp_path):
    rows = {
        "candidates-de": [{"id": "c1", "candidate": "a", "match": ["1"]}],
        "candidates-en": [{"id": "c1", "candidate": "b", "match": ["2"]}],
        "test-de": [{"id": "q1", "query": "?", "match": ["2"]}, {"id": "q2", "query": "??", "match": ["3"]}],
    }
    for name, found in rows.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in found))
    splits = {"train": "train", "test": "test"}
    record = TaskSpec(
        name="made", kind="rank", roles=("target",), languages=("de", "en"), metric="map@20",
        data=Files(("{split}-{lang}.jsonl",), splits), pool=Files(("{split}-{lang}.jsonl",), {CANDIDATES: CANDIDATES}),
    )  # fmt: skip
    problems = check("pool", Subject(record, Locations(store="", data=str(tmp_path)), installed()))
    assert problems == [
        "1 of 2 candidates have an id that another one has",
        "test de, row 1: none of the candidates answers it",
    ]


def test_an_unknown_test_of_a_checklist_is_caught(tmp_path):
    answers = {"text": ["a"], "answer_start": [0]}
    (tmp_path / "de.jsonl").write_text(
        json.dumps({"id": "1", "context": "a", "question": "b", "answers": answers, "test": "sizes", "case": 0})
    )
    record = TaskSpec(
        name="made", kind="checklist", roles=("target",), languages=("de",), metric="passed", train_from="squad",
        data=Files(("{lang}.jsonl",), {"test": "test"}),
    )  # fmt: skip
    (problem,) = check("columns", Subject(record, Locations(store="", data=str(tmp_path)), installed()))
    assert problem.startswith("made test de, row 0: its test 'sizes' is none of comparisons, intensifiers")
