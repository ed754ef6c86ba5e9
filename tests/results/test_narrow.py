"""Tables in a narrow terminal: no number is cut, no name is lost, no line is longer than the terminal is wide."""

import re

import pytest

from helpers.planted import arm, together
from xh.results import formats
from xh.results.view import View

GAINS = {"de": 2.9, "fr": -1.23, "sw": 0.1, "ru": 10.2}
NUMBER = re.compile(r"[-+±]?\d+\.\d\*?")


def shown_in_terminal(monkeypatch, results, width, **view):
    """Results as a terminal of some width shows them, without its colours."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    return re.sub(r"\x1b\[[0-9;]*m", "", formats.table(results, View(**view)))


RESULTS = {
    "columns": together(
        *(
            arm(GAINS, inter=inter, target=target, half=0.9)
            for inter in ("mnli", "squad+mnli+hellaswag")
            for target in ("xnli", "multilingual-pawsx-long")
        )
    ),
    "lines": together(
        *(arm(GAINS, model=model, limit=limit) for model in ("mini", "xlm-roberta-large") for limit in (1, 9))
    ),
}


@pytest.mark.parametrize("results", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("width", [40, 47, 50, 60, 71])
@pytest.mark.parametrize(
    "view", [{}, {"ci": True}, {"views": ("heatmap", "contrast:low,high", "gap", "curve", "sparkline")}]
)
def test_whatever_the_width_all_of_it_is_there(monkeypatch, results, width, view):
    wide, narrow = (shown_in_terminal(monkeypatch, results, columns, **view) for columns in (400, width))
    assert max(map(len, narrow.splitlines())) <= width
    assert "…" not in narrow
    assert sorted(set(NUMBER.findall(narrow))) == sorted(set(NUMBER.findall(wide)))
    assert "de" in narrow.split() or "ci" not in view


def test_a_heat_map_has_its_stars(monkeypatch):
    assert "+3.0*" in shown_in_terminal(monkeypatch, arm(GAINS), 40, views=("heatmap",)).split()


def test_an_interval_without_room_stands_below_its_difference(monkeypatch):
    lines = shown_in_terminal(monkeypatch, arm(GAINS, half=0.9), 40, ci=True).splitlines()
    at = next(number for number, line in enumerate(lines) if line.split()[:1] == ["de"])
    assert lines[at].split() == ["de", "60.0", "62.9", "±0.2", "+2.9*"]
    assert lines[at + 1].strip() == "[+2.0, +3.8]"


def test_the_baseline_stands_alone_where_it_leaves_no_room(monkeypatch):
    text = shown_in_terminal(monkeypatch, arm(GAINS, half=0.9), 50, ci=True)
    assert re.search(r"^ +baseline$", text, re.MULTILINE) and re.search(r"^ +mnli$", text, re.MULTILINE)
