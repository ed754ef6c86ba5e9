"""What each example adds to a score: all together they are the score."""

from random import Random

import pytest

from xh.kinds.bitext import Bitext
from xh.kinds.choice import Choice
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.spec import Files, TaskSpec
from xh.spec.examples import Examples

DRAW = Random(0)
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "SYM", "NOUN", "E-X", ".")


def task(kind, metric="accuracy", **fields):
    data = Files(("{split}.jsonl",), {"train": "train", "test": "test"})
    return TaskSpec(name="t", kind=kind, roles=("target",), languages=("en",), metric=metric, data=data, **fields)


def examples(**columns):
    return Examples(columns, "t test zh", "zh")


def some(values, count):
    return [DRAW.choice(values) for _ in range(count)]


def labels():
    gold = examples(text_a=["a"] * 50, label=some(range(3), 50))
    return Classify(), some("xyz", 50), gold, task("classify", labels=tuple("xyz"))


def choices():
    gold = examples(text=["a"] * 50, choices=[["b", "c"]] * 50, label=some(range(2), 50))
    return Choice(), some(range(2), 50), gold, task("choice")


def tags():
    sizes = some(range(1, 9), 60)
    gold = examples(tokens=[["a"] * size for size in sizes], tags=[some(range(len(TAGS)), size) for size in sizes])
    return Tag(), [some(TAGS, size) for size in sizes], gold, task("tag", "f1", labels=TAGS)


def answers(metric):
    texts = ["北京 市", "the red sun", "red sun", "sun", "在 北京"] + ([""] if metric == "squad_v2.f1" else [])
    keys = [str(number) for number in range(40)]
    golds = [{"text": [text] if text else []} for text in some(texts, 40)]
    gold = examples(id=keys, context=["c"] * 40, question=["q"] * 40, answers=golds)
    return Span(), dict(zip(keys, some(texts, 40), strict=True)), gold, task("span", metric, train_from="q")


def rows():
    words = [str(number) for number in range(30)]
    return Bitext(), some(range(30), 30), examples(source=words, target=words[::-1]), task("bitext")


def pairs():
    sources, targets = [f"s{i}" for i in range(30)], [f"t{i}" for i in range(30)]
    match = [[f"t{i}"] if i % 3 else ([f"t{i}", "t1"] if i % 2 else []) for i in range(30)]
    gold = examples(
        side=["source"] * 30 + ["target"] * 30,
        id=sources + targets,
        sentence=sources + targets,
        match=match + [[]] * 30,
    )
    found = list({(DRAW.choice(sources), DRAW.choice(targets)) for _ in range(20)} | {("s1", "t1"), ("s4", "t4")})
    return Bitext(), found, gold, task("bitext", "f1")


@pytest.mark.parametrize(
    "case",
    [labels, choices, tags, rows, pairs, *(lambda m=metric: answers(m) for metric in ("f1", "mlqa.f1", "squad_v2.f1"))],
)
def test_tallies_add_up_to_the_score(case):
    kind, predictions, gold, record = case()
    scores = kind.score(predictions, gold, record)
    example_counts = kind.example_counts(predictions, gold, record)
    assert record.metric.rpartition(".")[2] in example_counts
    for metric, pairs in example_counts.items():
        assert 0 < scores[metric] < 100
        right, total = map(sum, zip(*pairs, strict=True))
        assert 100 * right / total == pytest.approx(scores[metric])


def test_there_is_one_tally_per_example_whatever_is_predicted():
    kind, predictions, gold, record = pairs()
    assert (
        len(kind.example_counts(predictions, gold, record)["f1"])
        == len(kind.example_counts([], gold, record)["f1"])
        == 30
    )
