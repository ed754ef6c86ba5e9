"""Sentences with one label per word: pieces, labels, decoding, scores, files."""

import json
from random import Random

import numpy as np
import pytest

from helpers.golden import read_golden
from xh.kinds.pieces import cut, pieces
from xh.kinds.tag import Tag
from xh.metrics.tagging import read_sentences, span_f1
from xh.mini import SAMPLE
from xh.spec import Files, MissingError, TaskSpec, Training
from xh.spec.examples import Examples

KIND = Tag()
NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TASK = TaskSpec(
    name="names", kind="tag", roles=("target",), languages=("en",), metric="f1", labels=NAMES,
    data=Files(("{split}.jsonl",), {"train": "train", "test": "test"}),
)  # fmt: skip
LANGUAGES = ["en", "de", "es", "ru", "zh", "ar", "hi", "sw"]
LONG = Training(max_length=512)


def examples(*sentences):
    """Sentences as pairs of words and tags."""
    return Examples(
        {"tokens": [list(words) for words, _ in sentences], "tags": [tags for _, tags in sentences]}, "data"
    )


def sampled(lang):
    """The sample's PAN-X in one language, with as many labels as this test's record has."""
    lines = (SAMPLE / f"google/xtreme/PAN-X.{lang}/test.jsonl").open(encoding="utf-8")
    rows = [json.loads(line) for line in lines]
    return examples(*((row["tokens"], [tag % 5 for tag in row["ner_tags"]]) for row in rows))


def checked(tokens, tags, task=TASK):
    return KIND.check({"tokens": tokens, "tags": tags}, task, "names test en")


def gold(features):
    """Outputs of a model that is sure of the labels, and of the last label at all other subword tokens."""
    outputs = []
    for labels in features.columns["labels"]:
        logits = np.zeros((len(labels), len(NAMES)), np.float32)
        logits[range(len(labels)), [label if label >= 0 else len(NAMES) - 1 for label in labels]] = 1
        outputs.append((logits,))
    return outputs


def names(rows):
    return KIND.pairs([], rows, TASK)[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_labels_decode_to_themselves_and_inputs_to_the_text(tokenizer, lang):
    rows = sampled(lang)
    features = KIND.features(rows, tokenizer, LONG, train=True)
    assert len(features) == len(rows)
    assert KIND.decode(gold(features), features, rows, LONG, TASK) == names(rows)
    for feature, words in zip(features, rows["tokens"], strict=True):
        known = tokenizer(words, is_split_into_words=True)["input_ids"]
        assert feature["input_ids"] == known or tokenizer.unk_token_id in feature["input_ids"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("max_length", [8, 9])
def test_a_long_sentence_is_cut_between_words_and_joined_again(tokenizer, lang, max_length):
    rows, recipe = sampled(lang), Training(max_length=max_length)
    features = KIND.features(rows, tokenizer, recipe, train=True)
    assert len(features) > len(rows)
    assert max(features.lengths) <= max_length
    assert KIND.decode(gold(features), features, rows, recipe, TASK) == names(rows)
    whole = KIND.features(rows, tokenizer, LONG, train=True)
    first = features[0]["input_ids"]
    assert first[0] == tokenizer.cls_token_id and first[-1] == tokenizer.sep_token_id
    assert first[:-1] == whole[0]["input_ids"][: len(first) - 1] or tokenizer.unk_token_id in first


def test_only_the_first_sub_token_of_a_word_has_its_label(mini):
    words = ["Internationalisation", "is", "long"]
    features = KIND.features(examples((words, [1, 0, 3])), mini, LONG, train=True)
    (feature,) = features
    sizes = [len(mini(word, add_special_tokens=False)["input_ids"]) for word in words]
    assert sizes[0] > 1
    rests = [[label, *[-100] * (size - 1)] for label, size in zip([1, 0, 3], sizes, strict=True)]
    assert feature["labels"] == [-100, *rests[0], *rests[1], *rests[2], -100]


def test_only_training_features_have_labels(mini):
    assert "labels" not in KIND.features(sampled("en"), mini, LONG, train=False).columns


@pytest.mark.parametrize("word", ["", "\u200b", "\u00ad"])
def test_a_word_without_sub_tokens_is_unknown(bert, word):
    (feature,) = KIND.features(examples((["a", word, "b"], [0, 1, 0])), bert, LONG, train=True)
    assert feature["input_ids"][2] == bert.unk_token_id
    assert feature["labels"] == [-100, 0, 1, 0, -100]


def test_a_word_longer_than_any_piece_is_unknown(mini):
    word = "x".join(str(number) for number in range(200))
    rows = examples((["a", word, "b"], [0, 1, 3]))
    features = KIND.features(rows, mini, Training(max_length=16), train=True)
    assert mini.unk_token_id in features[0]["input_ids"] and len(features) == 1
    assert KIND.decode(gold(features), features, rows, LONG, TASK) == [["O", "B-PER", "B-LOC"]]


@pytest.mark.parametrize("seed", range(20))
def test_pieces_are_as_few_and_as_full_as_can_be(seed):
    random = Random(seed)
    capacity = random.randint(3, 20)
    sizes = [random.randint(1, min(5, capacity)) for _ in range(random.randint(1, 60))]
    bounds = cut(sizes, capacity)
    assert [word for start, end in bounds for word in range(start, end)] == list(range(len(sizes)))
    for start, end in bounds:
        assert 0 < sum(sizes[start:end]) <= capacity
        assert end == len(sizes) or sum(sizes[start : end + 1]) > capacity


def test_a_word_that_just_fits_stays_in_the_piece(mini):
    words = ["cat"] * 40
    size = len(mini("cat", add_special_tokens=False)["input_ids"])
    for length in (10 * size + 2, 10 * size + 1):
        assert next(pieces(mini, [words], length)).end == (length - 2) // size


def test_tags_are_integers_or_names_in_the_records_order():
    assert checked([["a", "b"], ["c"]], [[2, 0], ["I-LOC"]])["tags"] == [[2, 0], [4]]


def test_sentences_without_words_are_dropped():
    assert checked([[], ["c"]], [[], [1]]) == {"tokens": [["c"]], "tags": [[1]]}
    with pytest.raises(MissingError, match="names test en has no sentences"):
        checked([[]], [[]])


@pytest.mark.parametrize(("tokens", "tags", "said"), [
    (["a", "b"], [0], r"row 1: 2 words have the tags \[0\]"),
    (["a"], None, "row 1: 1 words have the tags None"),
    ("ab", [0, 0], "row 1: tokens are 'ab', not a list of words"),
    (["a", None], [0, 0], r"row 1: tokens are \['a', None\], not a list of words"),
    (["a"], [5], "row 1: tag 5 is not one of 0 O, 1 B-PER"),
    (["a"], [-1], "row 1: tag -1 is not one of"),
    (["a"], ["PER"], "row 1: tag 'PER' is not one of"),
])  # fmt: skip
def test_a_row_that_does_not_fit_is_named(tokens, tags, said):
    with pytest.raises(MissingError, match=f"names test en, {said}"):
        checked([["x"], tokens], [[0], tags])


@pytest.mark.parametrize("set_", ["udpos", "panx"])
def test_scores_are_the_official_ones(set_):
    for languages in read_golden("tagging.json")[set_].values():
        both = [[line.split(" ") for line in languages[side]] for side in ("predictions", "labels")]
        labels = tuple(sorted({tag for side in both for tags in side for tag in tags}))
        task = TaskSpec(name="t", kind="tag", roles=("target",), languages=("en",), metric="f1", labels=labels,
                        data=Files(("x",), {"train": "x", "test": "x"}))  # fmt: skip
        columns = KIND.check({"tokens": both[1], "tags": both[1]}, task, "t test en")
        found = KIND.score(both[0], Examples(columns, "t test en", "en"), task)
        assert list(found) == ["f1", "precision", "recall", "accuracy"]
        official = next(value for name, value in languages.items() if name.endswith("0.0.12"))
        assert {name: found[name] for name in official} == pytest.approx(official, rel=1e-9)


def test_gold_tags_score_100():
    rows = sampled("en")
    assert set(KIND.score(names(rows), rows, TASK).values()) == {100}


def test_a_file_has_one_label_a_line_and_one_empty_line_between_sentences(tmp_path):
    KIND.write([["O", "B-PER"], ["O"], ["B-LOC", "I-LOC"]], tmp_path / "test-en.tsv")
    text = (tmp_path / "test-en.tsv").read_text(encoding="utf-8")
    assert text == "O\nB-PER\n\nO\n\nB-LOC\nI-LOC\n"
    assert read_sentences(text) == [["O", "B-PER"], ["O"], ["B-LOC", "I-LOC"]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_scores_what_its_predictions_do(tmp_path, lang):
    rows = sampled(lang)
    random = Random(lang)
    predictions = [[random.choice(NAMES) for _ in words] for words in rows["tokens"]]
    KIND.write(predictions, tmp_path / "test.tsv")
    read = read_sentences((tmp_path / "test.tsv").read_text(encoding="utf-8"))
    assert span_f1(read, names(rows)).f1 == KIND.score(predictions, rows, TASK)["f1"]


def test_the_model_says_the_names_of_its_labels():
    assert KIND.head_options(TASK)["id2label"] == dict(enumerate(NAMES))
