"""Questions with answers in a context: features, decoding, scores, files."""

import json

import numpy as np
import pytest

from helpers.sampleset import read_questions
from xh.kinds.span import Span, best_span
from xh.kinds.windows import Window
from xh.metrics import squad
from xh.spec import Files, MissingError, SpanTraining, TaskSpec, UsageError
from xh.spec.examples import Examples

KIND = Span()
TASK = TaskSpec(
    name="xquad", kind="span", roles=("target",), languages=("en",), metric="f1", train_from="squad",
    data=Files(("{lang}.jsonl",), {"test": "test"}), columns={"context": "passage"},
)  # fmt: skip
SMALL = SpanTraining(max_length=64, stride=16, max_query=24)


def examples(rows):
    return Examples({name: [row[name] for row in rows] for name in ("id", "context", "question", "answers")}, "data")


def one(context, question="Who?", text="", start=0):
    return examples([{"id": "q", "context": context, "question": question,
                      "answers": {"text": [text], "answer_start": [start]}}])  # fmt: skip


def theirs(tokenizer, question, context, recipe):
    """Windows as transformers' own call makes them; its stride is what neighbours share."""
    others = len(tokenizer(question, add_special_tokens=False)["input_ids"]) + tokenizer.num_special_tokens_to_add(True)
    return tokenizer(
        question, context, truncation="only_second", max_length=recipe.max_length,
        stride=recipe.max_length - others - recipe.stride,
        return_overflowing_tokens=True, return_offsets_mapping=True, verbose=False,
    )  # fmt: skip


def context_offsets(encoded, window):
    return [o for o, side in zip(encoded["offset_mapping"][window], encoded.sequence_ids(window), strict=True) if side]


@pytest.mark.parametrize("lang", ["en", "de", "ru", "zh", "ar", "hi", "th"])
def test_windows_are_those_of_transformers(tokenizer, lang):
    rows = read_questions(lang)
    recipe = SpanTraining(max_length=160, stride=40, max_query=150)
    ours = KIND.features(examples(rows), tokenizer, recipe, train=False)
    done = several = 0
    for row in rows:
        encoded = theirs(tokenizer, row["question"], row["context"], recipe)
        count = len(encoded["input_ids"])
        mine = range(done, done + count)
        assert [ours.extra["example"][i] for i in mine] == [rows.index(row)] * count
        for window, i in enumerate(mine):
            offsets = context_offsets(encoded, window)
            place, spans = ours.extra["window"][i], ours.extra["spans"][rows.index(row)]
            assert spans[place.start : place.end] == offsets
            assert ours[i] == {name: encoded[name][window] for name in ours.columns}
        done, several = done + count, several + (count > 1)
    assert done == len(ours)
    assert several


def places(encoded, window, answer):
    """First and last token of an answer by the rule of transformers' run_qa.py, if it is whole in a window."""
    start = answer["answer_start"][0]
    end = start + len(answer["text"][0])
    inside = [i for i, side in enumerate(encoded.sequence_ids(window)) if side == 1]
    offsets = encoded["offset_mapping"][window]
    if offsets[inside[0]][0] > start or offsets[inside[-1]][1] < end:
        return 0, 0
    return max(i for i in inside if offsets[i][0] <= start), min(i for i in inside if offsets[i][1] >= end)


def test_labels_are_those_of_transformers(tokenizer, training_questions):
    """But for words that begin with a lone "▁": there ours start, as in XTREME's script, and theirs after it."""
    recipe = SpanTraining(max_length=96, stride=32, max_query=90)
    windows = labels = 0
    for row in training_questions:
        ours = KIND.features(examples([row]), tokenizer, recipe, train=True)
        start = row["answers"]["answer_start"][0]
        if sum(first == start for first, _ in ours.extra["spans"][0]) > 1:
            continue
        encoded = theirs(tokenizer, row["question"], row["context"], recipe)
        expected = [places(encoded, window, row["answers"]) for window in range(len(encoded["input_ids"]))]
        assert [(each["start_positions"], each["end_positions"]) for each in ours] == expected
        windows, labels = windows + len(expected), labels + sum(place > (0, 0) for place in expected)
    assert windows > labels > 0.9 * len(training_questions)


def test_only_berts_style_has_token_types(mini, bert):
    row = one("Anna lives in Rome.")
    assert "token_type_ids" not in KIND.features(row, mini, SMALL, train=False).columns
    assert "token_type_ids" in KIND.features(row, bert, SMALL, train=False).columns


def test_a_long_question_is_cut_to_max_query(tokenizer):
    question, context = "Where does she live now? " * 20, "Anna lives in Rome. " * 30
    features = KIND.features(one(context, question), tokenizer, SMALL, train=False)
    kept = tokenizer(question, add_special_tokens=False)["input_ids"][: SMALL.max_query]
    assert len(features) > 1
    for feature in features:
        assert feature["input_ids"][1 : 1 + len(kept)] == kept
        assert feature["input_ids"][1 + len(kept)] == tokenizer.sep_token_id
    assert set(features.lengths[:-1]) == {SMALL.max_length} and features.lengths[-1] <= SMALL.max_length


@pytest.mark.parametrize("recipe", [
    SpanTraining(max_length=32, stride=8, max_query=64),
    SpanTraining(max_length=100, stride=96, max_query=8),
])  # fmt: skip
def test_windows_that_would_leave_out_words_are_refused(mini, recipe):
    row = one("Anna lives in Rome. " * 100, "Where does she live now? " * 20)
    with pytest.raises(UsageError, match="max_length"):
        KIND.features(row, mini, recipe, train=False)


def test_a_very_long_context(mini):
    context = "Anna lives in Rome, Bert lives in Bonn, and nobody lives on the moon. " * 700
    features = KIND.features(one(context), mini, SpanTraining(), train=False)
    (spans,) = features.extra["spans"]
    assert len(spans) > 10_000
    assert max(features.lengths) == 384
    assert features.extra["window"][-1].end == len(spans)
    outputs = [(np.zeros(length), np.zeros(length)) for length in features.lengths]
    assert set(KIND.decode(outputs, features, one(context), SpanTraining(), TASK)) == {"q"}


def pointing(features):
    """Outputs of a model that is sure of the labels, and points at the first token where there is no answer."""
    outputs = []
    for feature, length in zip(features, features.lengths, strict=True):
        start, end = np.zeros((2, length))
        start[feature["start_positions"]] = end[feature["end_positions"]] = 9 if feature["start_positions"] else 1
        outputs.append((start, end))
    return outputs


@pytest.mark.parametrize("lang", ["en", "de", "es", "ru", "zh", "ar", "hi", "th"])
@pytest.mark.parametrize("max_length", [224, 384])
def test_labels_decode_to_the_answer(tokenizer, lang, max_length):
    recipe = SpanTraining(max_length=max_length, stride=128, max_query=32, max_answer=64)
    rows = examples(read_questions(lang))
    features = KIND.features(rows, tokenizer, recipe, train=True)
    answers = KIND.decode(pointing(features), features, rows, recipe, TASK)
    golds = [answer["text"][0] for answer in rows["answers"]]
    assert all(gold in answers[key] for key, gold in zip(rows["id"], golds, strict=True))
    # a token may reach over the answer's end: half a word, or a full stop
    extra = [len(answers[key]) - len(gold) for key, gold in zip(rows["id"], golds, strict=True)]
    assert max(extra) <= 6
    assert sum(map(bool, extra)) <= len(extra) / 3


def test_every_training_question_has_a_window_with_its_answer(mini, training_questions):
    features = KIND.features(examples(training_questions), mini, SpanTraining(max_length=96, stride=32), train=True)
    labelled = {i for i, feature in zip(features.extra["example"], features, strict=True) if feature["start_positions"]}
    assert labelled == set(range(len(training_questions)))
    assert all(feature["start_positions"] <= feature["end_positions"] < 96 for feature in features)


def test_a_window_without_the_whole_answer_points_at_the_first_token(mini):
    context = "Nothing is said here. " * 30 + "Anna lives in Rome."
    features = KIND.features(one(context, text="Rome", start=context.index("Rome")), mini, SMALL, train=True)
    positions = [(feature["start_positions"], feature["end_positions"]) for feature in features]
    assert positions[0] == (0, 0)
    assert positions[-1] > (0, 0)


def by_brute_force(outputs, windows, shifts, recipe):
    """Every start with every end of every window, by the rules one after the other."""
    found = []
    for number, ((start, end), window, shift) in enumerate(zip(outputs, windows, shifts, strict=True)):
        inside = range(window.start, window.end)
        best_starts = sorted(inside, key=lambda token: -start[token + shift])[: recipe.n_best]
        best_ends = sorted(inside, key=lambda token: -end[token + shift])[: recipe.n_best]
        for first in best_starts:
            holders = [i for i, other in enumerate(windows) if other.start <= first < other.end]
            owner = max(holders, key=lambda i: (windows[i].context_around(first), -i))
            for last in best_ends:
                if owner == number and first <= last and last - first + 1 <= recipe.max_answer:
                    found.append((start[first + shift] + end[last + shift], -number, (first, last)))
    return max(found)[2] if found else None


@pytest.mark.parametrize("n_best", [1, 3, 20, 1000])
@pytest.mark.parametrize("seed", range(10))
def test_the_best_span_is_that_of_a_brute_force_search(n_best, seed):
    random = np.random.default_rng(seed)
    recipe = SpanTraining(n_best=n_best, max_answer=int(random.integers(1, 9)))
    windows = Window.over(int(random.integers(1, 60)), 20, int(random.integers(1, 20)))
    shifts = [5 - window.start for window in windows]
    lengths = [6 + window.end - window.start for window in windows]
    outputs = [(random.standard_normal(length), random.standard_normal(length)) for length in lengths]
    assert best_span(outputs, windows, shifts, recipe) == by_brute_force(outputs, windows, shifts, recipe)


def test_without_any_span_the_answer_is_empty(mini):
    assert best_span([], [], [], SMALL) is None
    row = one("", "Who?")
    features = KIND.features(row, mini, SMALL, train=False)
    outputs = [(np.zeros(length), np.zeros(length)) for length in features.lengths]
    assert KIND.decode(outputs, features, row, SMALL, TASK) == {"q": ""}


@pytest.mark.parametrize("lang", ["en", "zh", "ar", "th"])
def test_gold_answers_score_100_and_a_file_scores_what_its_predictions_do(lang, tmp_path):
    rows = examples(read_questions(lang))
    golds = {key: answer["text"] for key, answer in zip(rows["id"], rows["answers"], strict=True)}
    assert KIND.score({key: texts[0] for key, texts in golds.items()}, rows, TASK) == {"f1": 100, "exact_match": 100}
    predictions = {key: row[: len(row) // 2 + 1] for key, (row, *_) in golds.items()}
    KIND.write(predictions, tmp_path / "test.json")
    read = json.loads((tmp_path / "test.json").read_text(encoding="utf-8"))
    official, ours = squad.evaluate(read, golds), KIND.score(predictions, rows, TASK)
    assert (official.f1, official.exact_match) == (ours["f1"], ours["exact_match"])
    assert ours["f1"] < 100


def test_a_question_without_a_prediction_scores_0():
    rows = examples(read_questions("en")[:2])
    first = {rows["id"][0]: rows["answers"][0]["text"][0]}
    assert KIND.score(first, rows, TASK)["f1"] == 50


@pytest.mark.parametrize(("row", "said"), [
    ({"answers": {"text": [], "answer_start": []}}, "row 1: question 'b' has no answer"),
    ({"answers": "Rome"}, "row 1: the answers of question 'b' are not"),
    ({"answers": [{"text": "Rome", "answer_start": 14}]}, "row 1: the answers of question 'b' are not"),
    ({"answers": {"text": ["Rome", "Roma"], "answer_start": [14]}}, "row 1: the answers of question 'b' are not"),
    ({"id": "a"}, "row 1: the id 'a' occurs twice"),
    ({"context": None}, "row 1: passage is None, not text"),
    ({"question": 7}, "row 1: question is 7, not text"),
])  # fmt: skip
def test_a_row_that_does_not_fit_is_named(row, said):
    good = {"id": "a", "context": "Anna lives in Rome.", "question": "Where?",
            "answers": {"text": ["Rome"], "answer_start": [14]}}  # fmt: skip
    with pytest.raises(MissingError, match=said):
        KIND.check(examples([good, good | {"id": "b"} | row]).columns, TASK, "xquad test de")


@pytest.mark.parametrize(("text", "start", "said"), [
    ("Rome", 3, "is not at character 3: it occurs at 14"),
    ("Bonn", 14, "is not at character 14: it does not occur in its context"),
])  # fmt: skip
def test_a_training_answer_that_is_not_at_its_place_is_named(mini, text, start, said):
    with pytest.raises(MissingError, match=said):
        KIND.features(one("Anna lives in Rome.", text=text, start=start), mini, SMALL, train=True)


def test_only_training_needs_the_answers_places(mini):
    row = one("Anna lives in Rome.")
    row["answers"][0] = {"text": ["Rome"]}
    assert KIND.check(row.columns, TASK, "xquad test de")
    assert KIND.features(row, mini, SMALL, train=False)
    with pytest.raises(MissingError, match="row 0: the answers of question 'q' have no answer_start"):
        KIND.features(row, mini, SMALL, train=True)


def test_ids_become_text():
    rows = [row | {"id": number} for number, row in enumerate(read_questions("en")[:2])]
    assert KIND.check(examples(rows).columns, TASK, "xquad test en")["id"] == ["0", "1"]
