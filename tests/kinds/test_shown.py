"""Examples as people see them: texts, gold and prediction."""

import pytest

from xh.kinds.bitext import Bitext
from xh.kinds.choice import Choice
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.spec import Files, TaskSpec
from xh.spec.examples import Examples


def task(kind, metric="accuracy", **fields):
    data = Files(("{split}.jsonl",), {"train": "train", "test": "test"})
    return TaskSpec(name="t", kind=kind, roles=("target",), languages=("en",), metric=metric, data=data, **fields)


TABLE = {
    "side": ["source", "source", "target", "target", "target"],
    "id": ["s1", "s2", "t1", "t2", "t3"],
    "sentence": ["eins", "zwei", "one", "two", "a pair"],
    "match": [[], ["t2", "t3"], [], [], []],
}
CASES = {
    "classify": (
        Classify(),
        ["no", "yes"],
        {"text_a": ["It rains.", "It snows."], "text_b": ["Wet.", "Hot."], "label": [0, 1]},
        task("classify", labels=("yes", "no")),
        {"text_a": "It snows.", "text_b": "Hot.", "gold": "no", "prediction": "yes"},
    ),
    "choice": (
        Choice(),
        [0, 1],
        {"text": ["x", "Ice is"], "choices": [["a", "b"], ["cold", "hot"]], "label": [0, 0]},
        task("choice"),
        {"text": "Ice is", "choices": "cold | hot", "gold": "cold", "prediction": "hot"},
    ),
    "tag": (
        Tag(),
        [["O"], ["B-PER", "O", "O"]],
        {"tokens": [["x"], ["Ada", "Lovelace", "wrote"]], "tags": [[0], [1, 2, 0]]},
        task("tag", "f1", labels=("O", "B-PER", "I-PER")),
        {"tokens": "Ada Lovelace wrote", "gold": "Ada/B-PER Lovelace/I-PER", "prediction": "Ada/B-PER"},
    ),
    "span": (
        Span(),
        {"7": "", "8": "in Rome"},
        {
            "id": ["7", "8"],
            "question": ["x", "Where?"],
            "context": ["x", "She is in Rome."],
            "answers": [{"text": ["x"]}, {"text": ["Rome", "Rome", "in Rome"]}],
        },
        task("span", "f1"),
        {"question": "Where?", "context": "She is in Rome.", "gold": "Rome | in Rome", "prediction": "in Rome"},
    ),
    "nearest": (
        Bitext(),
        [0, 0],
        {"source": ["eins", "zwei"], "target": ["two", "one"]},
        task("bitext"),
        {"sentence": "two", "gold": "eins", "prediction": "eins"},
    ),
    "mine": (
        Bitext(),
        [("s1", "t1"), ("s2", "t2")],
        TABLE,
        task("bitext", "f1"),
        {"sentence": "zwei", "gold": "two | a pair", "prediction": "two"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_example_has_its_texts_gold_and_prediction(case):
    kind, predictions, columns, record, expected = CASES[case]
    found = kind.shown(predictions, Examples(columns, "t test en", "en"), record, 1)
    assert found == expected and list(found)[-2:] == ["gold", "prediction"]


def test_the_number_is_that_of_what_each_example_adds():
    """Of a table source sentences count, of pairs the sorted English ones."""
    kind, predictions, columns, record, _ = CASES["nearest"]
    gold = Examples(columns, "t test en", "en")
    right = [bool(count) for count, _ in kind.example_counts(predictions, gold, record)["accuracy"]]
    shown = [kind.shown(predictions, gold, record, number) for number in (0, 1)]
    assert [each["gold"] == each["prediction"] for each in shown] == right == [False, True]


def test_a_kind_whose_pairs_are_not_one_for_an_example_shows_nothing():
    class Pooled(Classify):
        def pairs(self, predictions, examples, task):
            return ["all"], ["all"]

    columns = {"text_a": ["x", "y"], "label": [0, 1]}
    assert Pooled().shown(["a", "b"], Examples(columns, "t", "en"), CASES["classify"][3], 1) == {}
