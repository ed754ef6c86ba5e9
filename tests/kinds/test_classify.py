"""Texts and pairs with one label each."""

import numpy as np
import pytest

from xh.kinds.classify import Classify
from xh.spec import Files, MissingError, TaskSpec, Training
from xh.spec.examples import Examples

KIND = Classify()
TASK = TaskSpec(
    name="mood", kind="classify", roles=("intermediate",), languages=("en",), metric="accuracy",
    data=Files(("{split}.jsonl",), {"train": "train"}), labels=("good", "bad", "mixed"),
)  # fmt: skip
SHORT = Training(max_length=12)


def examples(**columns):
    return Examples(columns, "mood train en")


def checked(*labels):
    columns = {"text_a": [f"text {number}" for number in range(len(labels))], "label": list(labels)}
    return KIND.check(columns, TASK, "mood train en")


def test_labels_are_integers_or_names_in_the_records_order():
    assert checked(2, "bad", 0, "good", "mixed")["label"] == [2, 1, 0, 0, 2]


def test_rows_without_a_gold_label_are_dropped():
    assert checked(1, -1, 0, -1) == {"text_a": ["text 0", "text 2"], "label": [1, 0]}
    with pytest.raises(MissingError, match="mood train en has no labelled rows"):
        checked(-1, -1)


@pytest.mark.parametrize("label", [3, -2, "Good", 1.5, None])
def test_a_label_out_of_range_is_named_with_its_row_and_the_known_ones(label):
    with pytest.raises(MissingError, match=r"mood train en, row 1: label .* is not one of 0 good, 1 bad, 2 mixed\."):
        checked(0, label)


@pytest.mark.parametrize("column", ["text_a", "text_b"])
def test_what_is_no_text_is_named(column):
    columns = {"text_a": ["a", "b"], "text_b": ["c", "d"], "label": [0, 1]} | {column: ["a", None]}
    with pytest.raises(MissingError, match=f"row 1: {column} is None, not text"):
        KIND.check(columns, TASK, "mood train en")


@pytest.mark.parametrize("pair", [False, True])
def test_features_are_what_the_tokenizer_makes_of_one_text_or_two(tokenizer, pair):
    first, second = ["He ran.", "Il pleut."], ["He did not run.", "今天下雨。"]
    columns = {"text_a": first, "label": [0, 2]} | ({"text_b": second} if pair else {})
    features = KIND.features(examples(**columns), tokenizer, SHORT, train=True)
    for number, feature in enumerate(features):
        texts = (first[number], second[number]) if pair else (first[number],)
        expected = tokenizer(*texts, truncation=True, max_length=SHORT.max_length)
        del expected["attention_mask"]
        assert feature == {**expected, "labels": columns["label"][number]}
        assert len(feature["input_ids"]) <= SHORT.max_length


def test_only_training_features_have_labels(mini):
    rows = examples(text_a=["a"], label=[1])
    assert "labels" in KIND.features(rows, mini, SHORT, train=True).columns
    assert "labels" not in KIND.features(rows, mini, SHORT, train=False).columns


def test_the_longer_text_is_cut(mini):
    feature = KIND.features(examples(text_a=["one " * 40], text_b=["two"], label=[0]), mini, SHORT, train=False)[0]
    assert mini.decode(feature["input_ids"], skip_special_tokens=True).endswith("two")
    assert len(feature["input_ids"]) == 12


def test_predictions_are_the_names_of_the_highest_logits():
    outputs = [(np.array(logits),) for logits in ([3.0, 1, 2], [-3.0, -2, -1], [0.0, 1, 0])]
    assert KIND.decode(outputs, None, None, SHORT, TASK) == ["good", "mixed", "bad"]


def test_the_model_says_the_names_of_its_labels():
    options = KIND.head_options(TASK)
    assert options["id2label"] == {0: "good", 1: "bad", 2: "mixed"}
    assert {options["id2label"][number]: number for number in options["id2label"]} == options["label2id"]


def test_score_and_file(tmp_path):
    rows = examples(text_a=["a", "b", "c", "d"], label=[0, 1, 2, 1])
    predictions = ["good", "bad", "mixed", "good"]
    assert KIND.score(predictions, rows, TASK) == {"accuracy": 75}
    assert KIND.pairs(predictions, rows, TASK) == (predictions, ["good", "bad", "mixed", "bad"])
    KIND.write(predictions, tmp_path / "test-en.tsv")
    assert (tmp_path / "test-en.tsv").read_text(encoding="utf-8") == "good\nbad\nmixed\ngood\n"
