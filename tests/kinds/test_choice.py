"""Texts with several choices: pairs, batches, labels, scores, files."""

import json

import numpy as np
import pytest

from xh.kinds.choice import Choice
from xh.mini import SAMPLE
from xh.spec import Files, MissingError, TaskSpec, Training
from xh.spec.examples import Examples

KIND = Choice()
TASK = TaskSpec(
    name="ends", kind="choice", roles=("intermediate",), languages=("en",), metric="accuracy",
    data=Files(("{split}.jsonl",), {"train": "train"}),
)  # fmt: skip
LONG = Training(max_length=384)


def examples(texts, choices, labels):
    return Examples({"text": texts, "choices": choices, "label": labels}, "ends train en")


@pytest.fixture(scope="module")
def endings():
    lines = (SAMPLE / "Rowan/hellaswag/default/train.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:20]]
    return examples([row["ctx"] for row in rows], [row["endings"] for row in rows], [int(row["label"]) for row in rows])


def checked(labels, choices=None):
    choices = choices or [["a", "b", "c"]] * len(labels)
    return KIND.check({"text": ["x"] * len(labels), "choices": choices, "label": labels}, TASK, "ends train en")


def test_every_choice_is_an_input_of_its_own_as_the_tokenizer_makes_pairs(tokenizer, endings):
    features = KIND.features(endings, tokenizer, LONG, train=True)
    for feature, text, choices, label in zip(features, *endings.columns.values(), strict=True):
        expected = tokenizer([text] * len(choices), choices, return_attention_mask=False)
        assert feature == {**expected, "labels": label}


def test_only_training_features_have_labels(mini, endings):
    assert "labels" not in KIND.features(endings, mini, LONG, train=False).columns


def test_a_long_text_loses_its_beginning_and_the_choice_stays_whole(tokenizer):
    rows = examples(["first " + "word " * 100 + "last"], [["one choice", "another"]], [0])
    (feature,) = KIND.features(rows, tokenizer, Training(max_length=24), train=False)
    for ids, choice in zip(feature["input_ids"], rows["choices"][0], strict=True):
        kept = tokenizer(choice, add_special_tokens=False)["input_ids"]
        last = tokenizer("last", add_special_tokens=False)["input_ids"]
        assert len(ids) == 24
        assert ids[-1 - len(kept) : -1] == kept
        separators = 1 if tokenizer.sep_token == "[SEP]" else 2
        end = 24 - 1 - len(kept) - separators
        assert ids[end - len(last) : end] == last


def test_a_choice_longer_than_the_input_is_cut(mini):
    rows = examples(["text"], [["long " * 100, "short"]], [0])
    (feature,) = KIND.features(rows, mini, Training(max_length=16), train=False)
    assert len(feature["input_ids"][0]) == 16


def test_the_length_of_an_entry_counts_all_its_inputs_with_padding(mini):
    rows = examples(["a", "a"], [["b", "b"], ["b", "b c d e f g"]], [0, 0])
    features = KIND.features(rows, mini, LONG, train=False)
    assert features.lengths == [2 * max(map(len, ids)) for ids in features.columns["input_ids"]]
    assert features.lengths[0] < features.lengths[1]


@pytest.mark.parametrize(("labels", "numbers"), [
    ([0, 1, 2], [0, 1, 2]),
    (["0", "1", "2"], [0, 1, 2]),
    (["A", "B", "C"], [0, 1, 2]),
])  # fmt: skip
def test_labels_are_numbers_from_0_digits_or_letters(labels, numbers):
    assert checked(labels)["label"] == numbers


@pytest.mark.parametrize("label", [3, -1, "3", "D", "a", "", "AB", None, 1.0])
def test_a_label_out_of_range_is_named(label):
    with pytest.raises(MissingError, match=r"ends train en, row 1: label .* is not one of the 3 choices"):
        checked([0, label])


@pytest.mark.parametrize(("choices", "said"), [
    (["a", "b"], "row 1: it has 2 choices, the first row has 3"),
    (["a", "b", None], r"row 1: choices are \['a', 'b', None\], not a list of texts"),
    ("abc", "row 1: choices are 'abc', not a list of texts"),
])  # fmt: skip
def test_choices_that_do_not_fit_are_named(choices, said):
    with pytest.raises(MissingError, match=f"ends train en, {said}"):
        checked([0, 0], [["a", "b", "c"], choices])


def test_one_choice_is_none():
    with pytest.raises(MissingError, match="row 0: it has 1 choices"):
        checked([0], [["a"]])


def test_a_text_that_is_none_is_named():
    with pytest.raises(MissingError, match="row 0: text is None, not text"):
        KIND.check({"text": [None], "choices": [["a", "b"]], "label": [0]}, TASK, "ends train en")


def test_predictions_are_the_numbers_of_the_highest_logits(endings):
    outputs = [(np.eye(4)[label],) for label in endings["label"]]
    assert KIND.decode(outputs, None, endings, LONG, TASK) == endings["label"]


def test_score_and_file(tmp_path, endings):
    assert KIND.score(endings["label"], endings, TASK) == {"accuracy": 100}
    wrong = [(label + 1) % 4 for label in endings["label"]]
    assert KIND.score(wrong[:5] + endings["label"][5:], endings, TASK) == {"accuracy": 75}
    KIND.write([2, 0], tmp_path / "test-en.tsv")
    assert (tmp_path / "test-en.tsv").read_text(encoding="utf-8") == '{"label": 2}\n{"label": 0}\n'
