"""Which differences in a table are marked: those that are more than chance, of all that the table shows."""

import re
import sys

import numpy as np
import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.grids import Draft, Entry, drawn
from xh.results.rows import collect
from xh.results.view import View

STYLED = re.compile(r"\x1b\[([\d;]*)m *([+-]\d+\.\d\*?)")


def compare_with_half(shelf, counted=True, **right):
    """Compare 50 right answers of 100 in German and French with so many after a task, by language."""
    values, baseline = {"none": dict.fromkeys(right, 50), "squad": right}, None
    for inter, counts in values.items():
        earlier = None if inter == "none" else shelf.train("intermediate", make_task(inter), inter=inter)
        parent = shelf.train("target", make_task("t"), inter=inter, parent=earlier)
        examples = {f"{lang}/accuracy": np.array([[i < n, 1] for i in range(100)], float) for lang, n in counts.items()}
        label = {"baseline": baseline}
        scores = {lang: float(n) for lang, n in counts.items()}
        named = {"inter": inter, "parent": parent, "label": label}
        baseline = shelf.evaluate(make_task("t"), scores, **named, example_counts=examples if counted else None)
    return collect(shelf.store)


def test_a_difference_beyond_chance_has_a_star_in_every_format(shelf):
    results = compare_with_half(shelf, de=80, fr=51)
    lines = [line.split() for line in formats.table(results).splitlines()]
    assert ["de", "50.0", "80.0", "+30.0*"] in lines and ["fr", "50.0", "51.0", "+1.0"] in lines
    assert ["average", "50.0", "65.5", "+15.5*"] in lines
    assert r"| de | 50.0 | 80.0 (+30.0\*) |" in formats.markdown(results)
    assert "<span>80.0 (+30.0*)</span>" in formats.html(results)
    assert "80.0 (+30.0*)" in formats.latex(results)


@pytest.mark.parametrize("name", ["table", "markdown", "html", "latex"])
def test_the_legend_says_level_correction_and_family_whether_or_not_there_is_a_star(shelf, name):
    text = " ".join(getattr(formats, name)(compare_with_half(shelf, de=51, fr=49)).split())
    assert "+1.0*" not in text and r"+1.0\*" not in text
    assert "p < 0.05 over examples (paired bootstrap), corrected by Holm over all differences of a table." in (
        text.replace("&lt;", "<").replace(r"\textless{}", "<")
    )


def test_without_draws_there_is_neither_star_nor_legend(shelf):
    results = compare_with_half(shelf, counted=False, de=80, fr=51)
    assert {each.p_examples for each in results.summaries} == {None}
    assert "*" not in formats.table(results)


def test_colour_follows_significance_and_not_the_sign(shelf, monkeypatch):
    results = compare_with_half(shelf, de=80, fr=51, ru=20)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    styles = {text.strip(): style for style, text in STYLED.findall(formats.table(results))}
    assert (styles["+30.0*"], styles["-30.0*"], styles["+1.0"]) == ("32", "31", "2")


def test_marked_and_other_differences_stand_below_each_other(shelf):
    lines = [
        line
        for line in formats.table(compare_with_half(shelf, de=80, fr=51, ru=20)).splitlines()
        if re.match(" +(de|fr|ru) ", line)
    ]
    assert len(lines) == 3 and len({line.index(".", line.index(".") + 8) for line in lines}) == 1


def test_intervals_end_below_each_other_behind_stars(shelf):
    lines = [
        line
        for line in formats.table(compare_with_half(shelf, de=80, fr=51), View(ci=True)).splitlines()
        if "]" in line
    ]
    assert any(re.search(r"\+30\.0\* +\[\+2", line) for line in lines) and any("+1.0  " in line for line in lines)
    assert len(lines) == 3 and len({len(line) for line in lines}) == 1


def of_inters(*p_values):
    """A grid with one line and a column for each p-value."""
    names = [f"task{number}" for number in range(len(p_values))]
    entries = {name: Entry(50.0, 1.0, p=p) for name, p in zip(names, p_values, strict=True)}
    return drawn("t", "t", [Draft("de", entries)], names)


def test_the_family_is_all_differences_of_the_grid():
    assert [entry.is_significant for entry in of_inters(0.02).lines[0].entries] == [True]
    assert [entry.is_significant for entry in of_inters(0.02, 0.3, 0.4).lines[0].entries] == [False] * 3
    assert [entry.p for entry in of_inters(0.01, 0.3, None).lines[0].entries] == [0.02, 0.3, None]
