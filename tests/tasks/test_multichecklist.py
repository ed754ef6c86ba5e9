"""MultiCheckList: cases out of templates, whose forms depend on the English words, and which pass as a whole."""

from types import SimpleNamespace

import pytest

from xh.data.locate import locate
from xh.mini import SAMPLE
from xh.spec import Locations, MissingError
from xh.spec.examples import Examples
from xh_checklist import templates
from xh_checklist.kind import Checklist, bare
from xh_checklist.templates import TESTS

PATHS = [SAMPLE / "xtreme/multichecklist/checklist_templates.tsv"]
KIND, TASK = Checklist(), SimpleNamespace(metric="passed", kind="checklist")


@pytest.fixture(scope="module")
def german():
    return templates.read(PATHS, "de")


def of(rows, test, number=0):
    return [row for row in rows if (row["test"], row["case"]) == (test, number)]


def examples(*cases, lang="en"):
    """Examples of one question each, whose right answer is the number of the row."""
    rows = [
        {"id": str(row), "test": test, "case": number, "answers": {"text": [f"the {row}."]}}
        for row, (test, number) in enumerate(cases)
    ]
    return Examples({name: [row[name] for row in rows] for name in rows[0]}, "made", lang)


def test_there_are_200_cases_of_each_test_the_same_in_all_languages(german):
    english = templates.read(PATHS, "en")
    assert [row["id"] for row in german] == [row["id"] for row in english]
    for test in TESTS:
        assert len({row["case"] for row in german if row["test"] == test}) == 200
        assert len(of(german, test)) == 2
    by_name = ("comparisons", "intensifiers", "animals_v2")
    answers = [[row["answers"]["text"] for row in rows if row["test"] in by_name] for rows in (german, english)]
    assert answers[0] == answers[1]
    assert templates.read(PATHS, "de") == german


def test_answers_are_where_they_are_said_to_be(german):
    for row in german:
        (text,), (start,) = row["answers"]["text"], row["answers"]["answer_start"]
        assert row["context"][start : start + len(text)] == text and "{" not in row["context"] + row["question"]


def test_a_form_goes_with_its_english_words(german):
    first = {row["context"].partition(". ")[0] for row in german if row["test"] == "intensifiers"}
    states = ("stolz auf den Plan", "neidisch wegen des Plans")
    assert {text.partition(" ist ")[2] for text in first} == {
        f"{very} {state}" for very in ("sehr", "wirklich") for state in states
    }


def test_a_sentence_begins_with_a_capital_and_a_question_does_not(german):
    told, asked = {(row["context"], row["question"]) for row in of(german, "properties")}.pop()
    assert " Die Tasche ist " in told or " Der Drachen ist " in told
    assert asked.endswith((" die Tasche?", " der Drachen?"))


def test_a_language_that_the_file_lacks_is_left_out(tasks):
    locations = Locations(store="", data=str(SAMPLE), offline=True)
    assert locate(tasks["multichecklist"], "test", "de", locations) == PATHS
    with pytest.raises(MissingError, match=r"multichecklist test sw: no sw in .*checklist_templates\.tsv"):
        locate(tasks["multichecklist"], "test", "sw", locations)


def test_a_file_that_lacks_a_test_is_named_and_cells_at_the_end_may_be_missing(tmp_path):
    head, *lines = PATHS[0].read_text("utf-8").splitlines()
    path = tmp_path / "t.tsv"
    path.write_text("\n".join([head, "adj\tbefore all tests", *lines[:3], lines[3].rpartition("\t")[0], *lines[4:]]))
    assert not of(templates.read([path], "es"), "comparisons") and of(templates.read([path], "de"), "comparisons")
    path.write_text("\n".join([head, *lines[:20]]))
    with pytest.raises(MissingError, match=r"t\.tsv has no templates of 'size, shape, age, color'"):
        templates.read([path], "de")


def test_a_case_passes_only_if_all_its_answers_are_right():
    rows = examples(("animals", 0), ("animals", 0), ("animals", 1), ("comparisons", 0))
    assert KIND.score({"0": "0", "1": " the 1", "2": "2", "3": "4"}, rows, TASK) == {
        "passed": pytest.approx(200 / 3), "comparisons_failed": 100.0, "animals_failed": 0.0
    }  # fmt: skip
    found = KIND.score({"0": "0", "1": "wrong", "2": "2", "3": "3"}, rows, TASK)
    assert found["animals_failed"] == 50.0 and found["comparisons_failed"] == 0.0
    assert KIND.example_counts({"0": "0"}, rows, TASK)["passed"] == [(0, 1), (0, 1), (0, 1)]
    assert KIND.count(rows) == KIND.size(rows) == 3


def test_a_limit_keeps_whole_cases_of_all_tests():
    rows = examples(("animals", 0), ("animals", 0), ("animals", 1), ("comparisons", 0), ("comparisons", 1))
    assert KIND.limit(rows, 2)["id"] == ["0", "1", "3"]
    assert KIND.limit(rows, 9)["id"] == rows["id"]


def test_a_case_is_shown_by_what_is_wrong_in_it():
    rows = examples(("animals", 0), ("animals", 0))
    rows.columns.update(question=["a?", "b?"], context=["x", "y"])
    assert KIND.shown({"0": "0", "1": "wrong"}, rows, TASK, 0) == {
        "question": "b?", "context": "y", "gold": "the 1.", "prediction": "wrong"
    }  # fmt: skip


def test_a_test_that_there_is_not_is_named():
    with pytest.raises(MissingError, match="made, row 0: its test 'size' is none of comparisons, "):
        KIND.check({"test": ["size"]}, TASK, "made")


@pytest.mark.parametrize(
    ("lang", "answer", "expected"),
    [
        ("en", "the cat.", "cat"),
        ("en", "The cat", "The cat"),
        ("de", "eine Katze", "Katze"),
        ("de", "steine", "steine"),
        ("hi", "एक कुत्ता৷", "कुत्ता"),
        ("ar", "القطة", "قطة"),
        ("pl", "„kelner”", "kelner"),
        ("fi", "a cat,", "a cat"),
    ],
)
def test_articles_and_marks_do_not_count(lang, answer, expected):
    assert bare(answer, lang) == expected
