"""What is said of a damaged file, where the official program would crash or silently score it wrong."""

import json

import pytest

from xh.results.benchmark import benchmark
from xh.scoring.submission import score
from xh.spec import UsageError

SQUAD = {"data": [{"paragraphs": [{"qas": [{"id": key, "answers": [{"text": "x"}]} for key in ("a", "b")]}]}]}
GOOD = {
    "pawsx": ("0\n1\n", "0\n1\n"),
    "tatoeba": ("12\n0\n", "0\n12\n"),
    "panx": ("B-PER\nO\n\nO\n", "B-PER\nO\n\nO\n"),
    "bucc2018": ("{lang}-1\ten-1\n", "{lang}-1\ten-1\n"),
    "xquad": ('{"a": "x", "b": ""}', json.dumps(SQUAD)),
    "mlqa": ('{"a": "x", "b": ""}', json.dumps(SQUAD)),
    "xcopa": ('{"label": 1}\n{"label": 0}\n', '{"label": 1, "idx": 0}\n{"label": 0}\n'),
    "mewslix": ('{"m": ["Q1", "Q2"]}', '{"m": ["Q2 "]}'),
}
NAMES = {task: "xtreme-r" if task in ("xcopa", "mewslix") else "xtreme" for task in GOOD}


def score_damaged(tmp_path, task, text=None, side="predictions"):
    """Score a task after its German (or first) prediction or label file was replaced; returns the report."""
    chosen = benchmark(NAMES[task])
    (record,) = [each for each in chosen.tasks if each.name == task]
    suffix = {"xcopa": ".jsonl"}.get(task, ".json" if GOOD[task][0].startswith('{"') else ".tsv")
    for folder, good in zip(("predictions", "labels"), GOOD[task], strict=True):
        (tmp_path / folder / task).mkdir(parents=True)
        for lang in record.languages:
            (tmp_path / folder / task / f"test-{lang}{suffix}").write_text(good.replace("{lang}", lang))
    if text is not None:
        lang = "de" if "de" in record.languages else record.languages[0]
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / side / task / f"test-{lang}{suffix}").write_bytes(content)
    return score(chosen, tmp_path / "predictions", tmp_path / "labels")


@pytest.mark.parametrize("task", GOOD)
def test_a_good_file(tmp_path, task):
    (only,) = score_damaged(tmp_path, task).tasks
    assert 0 <= only.score <= 100


PREDICTIONS = [
    ("pawsx", "0\n1\n\n", "line 3: is blank"),
    ("pawsx", "0\n1\n\n", "has 3 lines, its labels have 2"),
    ("pawsx", "", "is empty"),
    ("pawsx", "0\tx\n1\n", r"line 1: '0\tx' is not 0 or 1"),
    ("pawsx", b"0\n\xff\n", "line 2: is not UTF-8"),
    ("tatoeba", "[12]\n0\n", "line 1: '[12]' is not a bare row number, counted from 0"),
    ("tatoeba", "012\n0\n", "line 1: '012' is not a bare row number"),
    ("panx", "B-PER\nO\n\n\nO\n", "line 4: has 3 sentences, its labels have 2; they differ from sentence 2"),
    ("panx", "B-PER\nO\n", "has 1 sentences, its labels have 2; they differ from sentence 2"),
    ("panx", "B-PER\n\nO\nO\n", "line 1: sentence 1 has 1 tags, its labels have 2"),
    ("panx", "B-PER\n\nO\nO\n", "line 3: sentence 2 has 2 tags, its labels have 1"),
    ("panx", "B-PER\nx O\n\nO\n", "line 2: 'x O' is not O, or B- or I- with LOC, ORG or PER"),
    ("panx", "\n\n", "has no tags"),
    ("bucc2018", "en-1\tde-1\n", r"line 1: 'en-1\tde-1' is not an id of the language, a tab and an id of English"),
    ("bucc2018", "de-1\ten-1\t0.7\n", "line 1: "),
    ("bucc2018", "de-1\ten-1\n\n", "line 2: is blank"),
    ("xquad", '{"a": "x",\n"b" "y"}', "line 2: is not JSON: Expecting ':' delimiter (column 5)"),
    ("xquad", '["x"]', "has the wrong structure: Expected `object`, got `array`"),
    ("xquad", '{"a": null}', "the answer to 'a' is not text"),
    ("xquad", '{"a": "x", "a": "y"}', "'a' occurs twice in one object"),
    ("xquad", '{"a": "x", "c": "y"}', "1 of 2 ids are not in its labels, e.g. 'c'"),
    ("mlqa", '{"a": "x", "c": "y"}', "1 of 2 ids are not in its labels, e.g. 'c'"),
    ("xcopa", '{"label": 1}\n\n', "line 2: is blank"),
    ("xcopa", '{"label": "1"}\n{"label": 1}\n', "line 1: '\"1\"' is not 0 or 1"),
    ("xcopa", '{"label": 1}\n{"idx": 1}\n', 'line 2: \'{"idx": 1}\' is not a JSON object with a field "label"'),
    ("mewslix", '{"m": ["Q1 "]}', "'Q1 ' is not an entity such as Q42"),
    ("mewslix", '{"m": "Q1"}', "Expected `array`, got `str`"),
]
LABELS = [
    ("pawsx", "0\tsentence\n1\n", r"line 1: '0\tsentence' is not 0 or 1"),
    ("panx", "x\tO\n\nO\n", "line 1: "),
    ("xquad", '{"a": ["x"]}', "has the wrong structure: Object missing required field `data`"),
    ("xquad", json.dumps(SQUAD).replace('"b"', '"a"'), "1 of its 2 questions have the id of another"),
    ("xquad", json.dumps(SQUAD).replace('{"text": "x"}', "", 1), "question 'a' has no answer"),
    ("xquad", '{"data": []}', "has no questions"),
    ("mewslix", '{"m": ["Q1", "Q2"]}', "Expected `array` of length 1"),
    ("mewslix", "{}", "has no mentions"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "text", "said"), PREDICTIONS)
def test_predictions(tmp_path, task, text, said):
    with pytest.raises(UsageError) as error:
        score_damaged(tmp_path, task, text)
    assert said in error.value.why
    assert f"predictions/{task}/test-" in error.value.why
    assert "labels/" not in error.value.why


@pytest.mark.parametrize(("task", "text", "said"), LABELS)
def test_labels(tmp_path, task, text, said):
    with pytest.raises(UsageError) as error:
        score_damaged(tmp_path, task, text, "labels")
    assert said in error.value.why
    assert f"labels/{task}/test-" in error.value.why


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("pawsx", "\t0 \r\n1"),
        ("panx", "B-PER\nO\n\nO\n\n\n"[:-1]),
        ("bucc2018", ""),
        ("xcopa", '{"label": true}\n{"label": false}\n'),
        ("mewslix", '{"m": []}'),
    ],
)
def test_what_is_odd_but_right(tmp_path, task, text):
    assert score_damaged(tmp_path, task, text).tasks


def test_the_first_faults_of_many_are_shown(tmp_path):
    with pytest.raises(UsageError, match="101 things are wrong in 1 file;") as error:
        score_damaged(tmp_path, "tatoeba", "[1]\n" * 100)
    assert len(error.value.why.splitlines()) == 4
    assert error.value.why.endswith("… and 98 more like these")
