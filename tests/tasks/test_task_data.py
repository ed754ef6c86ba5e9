"""Every built-in task's record against data: the sample set, and samples of the real data where they are."""

import re
import unicodedata

import pytest

from xh.kinds.kind import kind_of
from xh.spec.kinds import typed
from xh.stage.score import scores

ROWS = 40
TEXTS = {"classify": ("text_a", "text_b"), "choice": ("text",), "span": ("question", "context"), "tag": ("tokens",)}


def loaded(source, task):
    """The splits of a task that are there, by name and language; the test is skipped without any."""
    if not (found := list(source.splits(task))):
        pytest.skip(f"no data of {task.name} in {source.site.data}")
    return {place: source.load(task, *place) for place in found}


def gold(kind, task, examples):
    """The right answers in the form of predictions."""
    if task.kind == "span":
        return {
            key: (answer["text"] or [""])[0] for key, answer in zip(examples["id"], examples["answers"], strict=True)
        }
    return kind.pairs([], examples, task)[1]


def plain(text):
    """Without white space and what can't be seen, which tokenizers leave out."""
    shown = (
        letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) not in ("Cf", "Cc")
    )
    return re.sub(r"\s", "", "".join(shown))


def test_the_columns_are_there_and_gold_scores_100(source, tasks, name):
    task = source.labelled(tasks[name])
    if task.kind == "mlm":
        pytest.skip("predicts nothing")
    kind = kind_of(task)
    for (split, lang), examples in loaded(source, task).items():
        found = scores(kind, gold(kind, task, examples), examples, task)
        main = task.metric.rpartition(".")[2]
        assert next(iter(found)) == main
        assert found[main] > 99.9, (split, lang)
        assert examples.lang == lang


def test_every_label_occurs_in_english(source, tasks, name):
    task = source.labelled(tasks[name])
    if task.kind not in ("classify", "tag", "choice"):
        pytest.skip("has no labels")
    for (split, lang), examples in loaded(source, task).items():
        if lang != "en":
            continue
        column = examples["tags" if task.kind == "tag" else "label"]
        used = {label for row in column for label in row} if task.kind == "tag" else set(column)
        count = len(task.labels) or len(examples["choices"][0])
        assert used <= set(range(count)), split
        if split == "train" and len(examples) > 500 and name != "ccg":
            assert len(used) == count


def test_no_row_is_twice_in_training_data(source, tasks, name):
    task = source.labelled(tasks[name])
    for (split, _), examples in loaded(source, task).items():
        if split == "train" and "id" in examples.columns:
            assert len(set(examples["id"])) == len(examples)


def test_features_decode_to_the_text(source, tasks, name, tokenizer):
    task = source.labelled(tasks[name])
    if task.kind not in TEXTS:
        pytest.skip("has no features")
    kind = kind_of(task)
    recipe = typed(task.kind, task.recipe, {"max_length": 4096})
    for (split, lang), examples in loaded(source, task).items():
        rows = kind.limit(examples, ROWS)
        features = kind.features(rows, tokenizer, recipe, train=split == "train")
        assert len(features) == len(rows)
        for feature, row in zip(features, rows.rows(), strict=True):
            ids = feature["input_ids"]
            ids = ids[0] if task.kind == "choice" else ids
            if tokenizer.unk_token_id in ids:
                continue
            texts = [row[column] for column in TEXTS[task.kind] if column in row]
            texts = texts[0] if task.kind == "tag" else [*texts, *row.get("choices", [])[:1]]
            assert plain(tokenizer.decode(ids, skip_special_tokens=True)) == plain("".join(texts)), (split, lang)
