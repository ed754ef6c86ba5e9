"""Blocks, and what the report formats make of them."""

import csv
import io
import re

import msgspec
import pytest

from helpers.shelf import make_task
from xh.results import formats, terminal
from xh.results.blocks import Block, blocks
from xh.results.grids import Entry, Grid, Line
from xh.results.rows import Results, collect
from xh.results.view import View


def put_target(shelf, *, inters=("first",), seed=1, name="pairs", **label):
    """A target with a baseline and intermediate tasks, under one label and seed."""
    target = make_task(name, "bitext")
    baseline = shelf.evaluate(target, {"de": 66.0, "fr": 60.0}, encoder=str(label), label=label)
    for number, inter in enumerate(inters):
        parent = shelf.train("intermediate", make_task(inter), inter=inter, seed=seed, encoder=str(label), label=label)
        values = {"de": 71.2 + number, "fr": 60.0}
        names = {"baseline": baseline, **label}
        shelf.evaluate(target, values, inter=inter, parent=parent, encoder=str(label), label=names)
    return collect(shelf.store)


def test_all_metrics_are_shown_by_arm_and_language(shelf):
    target = make_task("cases", "span", languages=("de", "fr"))
    learnt = shelf.train("intermediate", make_task("first"), inter="first")
    for inter, parent, right in (("none", None, 10.0), ("first", learnt, 30.0)):
        source = shelf.train("target", target, inter=inter, parent=parent)
        values = {"de": {"f1": 0.0}, "fr": {"f1": right, "exact_match": right / 2}}
        shelf.evaluate(target, values, inter=inter, parent=source)
    (block,) = blocks(collect(shelf.store), View(views=("metrics",)))
    assert [grid.title for grid in block.grids] == ["cases · none", "cases · first"]
    _, after = block.grids
    assert after.columns == ("f1", "exact_match")
    found = {line.name: [entry.value for entry in line.entries] for line in after.lines}
    assert found == {"de": [0.0, None], "fr": [30.0, 15.0], "average": [15.0, 15.0]}
    assert [line.total for line in after.lines] == [False, False, True]


def captions(results):
    return [block.caption for block in blocks(results)]


def test_a_table_shows_values_and_signed_differences(shelf):
    lines = [line.split() for line in formats.table(put_target(shelf)).splitlines()]
    assert ["baseline", "first"] in lines
    assert ["de", "66.0", "71.2", "+5.2"] in lines
    assert ["fr", "60.0", "60.0", "±0.0"] in lines
    assert ["average", "63.0", "65.6", "+2.6"] in lines


def test_a_table_keeps_to_80_columns_and_has_every_task(shelf):
    inters = [f"intermediate{number}" for number in range(9)]
    text = formats.table(put_target(shelf, inters=inters))
    assert max(map(len, text.splitlines())) <= 80
    assert all(inter in text for inter in inters)
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"profile": "a"}, {"profile": "b"}, ["profile a", "profile b"]),
    ],
)
def test_what_differs_is_not_mixed(shelf, first, second, expected):
    put_target(shelf, **first)
    found = captions(put_target(shelf, **second))
    assert len(found) == 2
    assert all(part in caption.split(" · ") for part, caption in zip(expected, found, strict=True))


def test_runs_with_other_settings_are_told_apart(shelf):
    target = make_task("pairs", "bitext")
    baseline = shelf.evaluate(target, {"de": 60.0})
    for epochs in (2.0, 3.0):
        parent = shelf.train("intermediate", make_task("first"), inter="first", recipe={"epochs": epochs})
        shelf.evaluate(target, {"de": 60.0 + epochs}, inter="first", parent=parent, label={"baseline": baseline})
    (block,) = blocks(collect(shelf.store))
    assert [(line.name, line.entries[0].value, line.entries[0].delta) for line in block.grids[0].lines] == [
        ("none", 60.0, None),
        ("2.0 · first", 62.0, 2.0),
        ("3.0 · first", 63.0, 3.0),
    ]


def test_other_test_data_are_not_mixed(shelf):
    target = make_task("pairs", "bitext")
    for source, commit in (("hub", "a" * 40), ("sample", "b" * 40)):
        data = {"pairs/test/de": commit}
        baseline = shelf.evaluate(target, {"de": 60.0}, data=data, label={"data": source})
        parent = shelf.train("intermediate", make_task(source), inter=source)
        names = {"baseline": baseline, "data": source}
        shelf.evaluate(target, {"de": 62.0}, inter=source, parent=parent, data=data, label=names)
    found = blocks(collect(shelf.store))
    assert [block.caption.split(" · ")[2] for block in found] == ["data hub", "data sample"]
    assert [block.grids[0].columns for block in found] == [("none", "hub"), ("none", "sample")]


def test_a_baseline_by_itself_is_shown_with_its_seed(shelf):
    parent = shelf.train("target", make_task("t"), seed=2)
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent=parent)
    shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0})
    (block,) = blocks(collect(shelf.store))
    assert block.caption.endswith("seed 2")
    assert [grid.columns for grid in block.grids] == [("none",)] * 3


def test_span_extraction_shows_the_average_of_each_metric(shelf):
    shelf.evaluate(make_task("qa", "span"), {"de": {"f1": 60.0, "exact_match": 40.0}})
    (grid,) = blocks(collect(shelf.store))[0].grids
    assert [(line.name, line.entries[0].value) for line in grid.lines] == [
        ("de", 60.0),
        ("average f1", 60.0),
        ("average exact_match", 40.0),
        ("mean of both", 50.0),
    ]


def test_each_reason_is_said_once_with_what_it_concerns(shelf):
    shelf.evaluate(make_task("a", reason="other data"), {"de": 1.0, "fr": 2.0})
    shelf.evaluate(make_task("b", languages=("de", "fr", "ru"), rows={"test": {"de": 5}}), {"de": 1.0, "fr": 2.0})
    (block,) = blocks(collect(shelf.store))
    assert block.notes == (
        "Not XTREME scores: other data (a).",
        "Not XTREME scores: 100 test rows instead of 5 (b de).",
        "Average of b: without ru (2 of 3 languages).",
    )


def test_sample_data_are_said_of_all_rows(shelf):
    assert "Not XTREME scores: sample data (all rows)." in formats.table(put_target(shelf, data="sample"))


def test_a_missing_interval_stands_where_intervals_end():
    known, missing = Entry(interval=(-3.2, 12.8)), Entry()
    lines = tuple(Line(name, (entry,)) for name, entry in (("a", known), ("b", missing)))
    block = Block("caption", (Grid("intervals", "intervals", ("first",), lines),), ())
    first, second = terminal.render([block]).splitlines()[-2:]
    assert (first[-1], second[-1], len(first)) == ("]", "–", len(second))


def test_markdown_has_the_same_numbers(shelf):
    lines = formats.markdown(put_target(shelf)).splitlines()
    assert "| de | 66.0 | 71.2 (+5.2) |" in lines
    assert "| **average** | **63.0** | **65.6 (+2.6)** |" in lines
    assert "### pairs · f1" in lines


@pytest.fixture
def majority_scores(shelf):
    """A baseline at chance, and what comes after one intermediate task: in German above it, in French at it."""
    target, chance = make_task("pairs"), {"de": 50.0, "fr": 50.0}
    baseline = shelf.evaluate(target, {"de": 51.0, "fr": 48.0}, chance=chance)
    parent = shelf.train("intermediate", make_task("first"), inter="first")
    values = {"de": 71.0, "fr": 59.0}
    shelf.evaluate(target, values, inter="first", parent=parent, label={"baseline": baseline}, chance=chance)
    return collect(shelf.store)


def test_scores_at_chance_are_marked_in_every_table(majority_scores):
    lines = [line.split() for line in formats.table(majority_scores).splitlines()]
    assert ["de", "51.0≈", "71.0", "+20.0"] in lines
    assert ["fr", "48.0≈", "59.0≈", "+11.0"] in lines
    assert ["average", "49.5≈", "65.0", "+15.5"] in lines
    assert "| fr | 48.0≈ | 59.0≈ (+11.0) |" in formats.markdown(majority_scores).splitlines()
    assert "48.0≈</span>" in formats.html(majority_scores) and "59.0≈ (+11.0)</span>" in formats.html(majority_scores)
    assert r"fr & 48.0$\approx$ & 59.0$\approx$ (+11.0) \\" in formats.latex(majority_scores).splitlines()
    for text in (formats.table(majority_scores), formats.markdown(majority_scores), formats.html(majority_scores)):
        assert text.count("≈ not above chance: within two standard errors of what guessing scores.") == 1


def test_without_a_mark_there_is_no_legend(shelf):
    assert "≈" not in formats.table(put_target(shelf))


def test_csv_and_json_say_chance_of_every_row(majority_scores):
    read = csv.DictReader(io.StringIO(formats.csv(majority_scores)))
    found = {(row["inter"], row["lang"]): (row["chance"], row["at_chance"]) for row in read}
    assert found["first", "de"] == ("50.0", "false")
    assert found["none", "de"] == ("50.0", "true")
    found = msgspec.json.decode(formats.json(majority_scores))
    assert [(row["chance"], row["at_chance"]) for row in found["rows"] if row["lang"] == "fr"] == [(50.0, True)] * 2
    assert [(each["chance"], each["at_chance"]) for each in found["averages"]] == [(50.0, True), (50.0, False)]


def test_latex_escapes_what_it_would_read(shelf):
    shelf.evaluate(make_task("a_b"), {"de": 50.0}, label={"profile": r"50%&#\x"})
    text = formats.latex(collect(shelf.store))
    assert r"a\_b $\cdot$ accuracy" in text and r"profile 50\%\&\#\textbackslash{}x" in text
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == text.count(r"\bottomrule") == 1


def test_each_latex_table_is_centred_with_booktabs_and_a_label_of_its_own(shelf):
    put_target(shelf, name="a_b")
    put_target(shelf, name="other")
    text = formats.latex(put_target(shelf, name="a_b", profile="a"))
    labels = re.findall(r"\\label\{(.*)\}", text)
    assert labels == ["tab:xh-a-b", "tab:xh-a-b-2", "tab:xh-other", "tab:xh-averages"]
    for rule in (r"\centering", r"\caption{", r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == len(labels)
    assert text.startswith(r"% Load booktabs (\usepackage{booktabs}), include this file with \input")
    assert r"\ref{tab:xh-a-b}." in text.splitlines()[0]


def test_csv_reads_back(shelf):
    results = put_target(shelf)
    read = list(csv.DictReader(io.StringIO(formats.csv(results))))
    assert [(row["inter"], row["lang"], float(row["value"]), row["protocol.encoder"]) for row in read] == [
        (row.inter, row.lang, row.value, "mini") for row in results.rows
    ]
    assert {(row["baseline"], row["comparable"]) for row in read if row["inter"] == "none"} == {("", "true")}


def test_json_reads_back(shelf):
    results = put_target(shelf)
    assert msgspec.json.decode(formats.json(results), type=Results) == results
    parts = ["schema", "rows", "averages", "summaries", "policies"]
    parts += ["similarities", "correlations", "trainings", "changes", "run", "appendix"]
    assert list(msgspec.json.decode(formats.json(results))) == parts


@pytest.mark.parametrize("name", ["table", "markdown", "html", "latex", "csv", "json"])
def test_every_format_takes_no_results(name):
    assert isinstance(getattr(formats, name)(Results()), str)
