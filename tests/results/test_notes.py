"""What is said below tables: in a few lines on a terminal, all of it where it is asked for."""

import numpy as np
import pytest

from helpers.shelf import compare_tallies, make_task
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.rows import collect
from xh.results.view import View

LANGS = ("ar", "bg", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko")


@pytest.fixture
def subsets(shelf):
    """Five targets in four of 18 languages, each language with fewer rows than the official ones."""
    for name in ("a", "b", "c", "d", "e"):
        rows = {lang: 1000 + number for number, lang in enumerate(LANGS)}
        target = make_task(name, "bitext", languages=LANGS, rows={"test": rows})
        shelf.evaluate(target, dict.fromkeys(LANGS[:4], 50.0))
    return collect(shelf.store)


def said(text):
    return [line for line in text.splitlines() if line.startswith(("Not XTREME", "Average", "--notes"))]


def test_a_terminal_says_the_same_of_many_rows_once(subsets):
    assert said(formats.table(subsets)) == [
        "Not XTREME scores: 100 test rows instead of 1,000 and 3 more like it (all rows).",
        "Averages over part of the languages: a 4 of 18, b 4 of 18, c 4 of 18, d 4 of 18,",
        "--notes shows all",
    ]


def test_a_terminal_says_all_when_asked(subsets):
    text = formats.table(subsets, View(notes=True))
    assert "--notes" not in text
    assert text.count("Not XTREME scores:") == 4
    assert text.count("Average of ") == 5
    assert LANGS[-1] in text


def test_files_say_all_but_cut_long_lists(subsets):
    lines = formats.markdown(subsets).splitlines()
    assert "- Average of a: over 4 of 18 languages." in lines
    assert "- Not XTREME scores: 100 test rows instead of 1,001 (a bg; b bg; c bg; d bg; e bg)." in lines
    assert "--notes" not in formats.markdown(subsets)


def test_of_many_different_reasons_the_rarest_are_counted(shelf):
    for number in range(7):
        shelf.evaluate(make_task(f"t{number}", reason=f"of its own {'x' * number}"), {"de": 1.0, "fr": 2.0})
    lines = said(formats.table(collect(shelf.store)))
    assert len(lines) == 4
    assert "… and 4 more reasons why scores are not XTREME's." in formats.table(collect(shelf.store))


def test_few_notes_are_said_in_full(shelf):
    shelf.evaluate(make_task("b", languages=("de", "fr", "ru")), {"de": 1.0, "fr": 2.0})
    assert said(formats.table(collect(shelf.store))) == ["Average of b: without ru (2 of 3 languages)."]


def test_averages_say_what_they_are_over(subsets):
    average = subsets.averages[0]
    assert average.langs == LANGS[:4] and average.lacking == LANGS[4:]


def gain_one(shelf, seeds):
    """A gain of one answer in a hundred, with these seeds."""
    before, after = ({"de/accuracy": np.array([[i < right, 1] for i in range(100)], float)} for right in (50, 51))
    return compare_tallies(shelf, before, after, seeds)


@pytest.mark.parametrize("ci", [True, False])
def test_intervals_of_one_seed_are_said_to_lack_the_chance_of_training(shelf, ci):
    one = "with one seed they do not include the variation between trainings"
    view = View(ci=ci)
    for render in (formats.table, formats.markdown, formats.html, formats.latex):
        assert one in " ".join(render(gain_one(shelf, (1,)), view).split())
    assert one not in " ".join(formats.table(gain_one(shelf, (1, 2)), view).split())


def test_each_difference_has_its_interval_where_asked(shelf):
    results = gain_one(shelf, (1,))
    (low, high) = next(row.ci95_examples for row in results.rows if row.inter == "i")
    interval = f"[{low:+.1f}, {high:+.1f}]".replace("+0.0", "±0.0")
    (block,) = blocks(results, View(ci=True))
    assert [grid.title for grid in block.grids] == ["t · accuracy"]
    assert f"+1.0 {interval}" in formats.table(results, View(ci=True))
    assert f"| de | 50.0 | 51.0 (+1.0 {interval}) |" in formats.markdown(results, View(ci=True)).splitlines()
    assert f'<span class="ci"> {interval}</span>' in formats.html(results, View(ci=True))
    assert f"51.0 (+1.0 {{[}}{interval[1:]})" in formats.latex(results, View(ci=True)).replace(r"$\pm$", "±")
    assert f"(+1.0 {interval})" not in formats.markdown(results)


def test_without_intervals_it_says_why(shelf):
    shelf.evaluate(make_task("t"), {"de": 1.0, "fr": 2.0})
    assert "No intervals: they need a baseline" in formats.table(collect(shelf.store), View(ci=True))
