"""Accuracy against the official script's answers."""

import pytest

from helpers.golden import read_golden
from xh.metrics.accuracy import accuracy, read_choices
from xh.metrics.lines import read_lines

REFUSED = {"AssertionError", "ZeroDivisionError", "KeyError"}  # the official script's; ours is a ValueError


@pytest.mark.parametrize("task", ["xnli", "pawsx", "tatoeba", "xcopa"])
def test_cases(task):
    read = read_choices if task == "xcopa" else read_lines
    cases = [case for case in read_golden("classification.json")["cases"] if case["task"] == task]
    assert cases
    for case in cases:
        if "error" in case["result"]:
            assert case["result"]["error"] in REFUSED
            with pytest.raises(ValueError, match=r"accuracy|not a JSON object"):
                accuracy(read(case["predictions_file"]), read(case["labels_file"]))
        else:
            found = accuracy(read(case["predictions_file"]), read(case["labels_file"]))
            assert found == pytest.approx(case["result"]["accuracy"], rel=1e-9), case["what"]


def test_no_case_is_left_out():
    assert {case["task"] for case in read_golden("classification.json")["cases"]} == {
        "xnli",
        "pawsx",
        "tatoeba",
        "xcopa",
    }


@pytest.mark.parametrize("line", ["", "1", "[1]", '{"labels": 1}', '{"label": 1'])
def test_a_choice_that_is_none_is_named_by_its_line(line):
    with pytest.raises(ValueError, match="line 2: "):
        read_choices(f'{{"label": 0}}\n{line}\n')


def test_lines_end_as_in_text_files():
    assert read_lines("a\r\nb\rc\u2028d\n\n") == ["a", "b", "c\u2028d", ""]
    assert read_lines("a\nb") == ["a", "b"]
    assert read_lines("") == []
