"""Results of methods: a column of their own beside the plain way, compared with the same baseline."""

import csv
import io

import msgspec
import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.filters import Filter
from xh.results.records import Results
from xh.results.rows import collect
from xh.spec import AppliedMethod, UsageError


@pytest.fixture
def store(shelf):
    """A target after an intermediate task, without and with a method, at two settings; and with the method alone."""
    target, first = make_task("t"), make_task("first")

    def chain(value, inter, method, baseline=None, share=0.5):
        applied = () if method == "none" else (AppliedMethod(name=f"xh-a:{method}", settings={"share": share}),)
        more = {"methods": applied, "label": {"method": method}}
        parent = shelf.train("intermediate", first, inter=inter, **more) if inter != "none" else None
        parent = shelf.train("target", target, inter=inter, parent=parent, **more)
        label = {"method": method, "baseline": baseline}
        return shelf.evaluate(target, {"de": value, "fr": value - 1}, inter=inter, parent=parent, label=label)

    baseline = chain(50.0, "none", "none")
    for value, inter, method in ((52.0, "first", "none"), (55.0, "first", "salt"), (51.0, "none", "salt")):
        chain(value, inter, method, baseline)
    shelf.more = lambda: chain(57.0, "first", "salt", baseline, share=0.9)
    return shelf


def test_a_row_names_its_method_and_is_compared_with_neither_task_nor_method(store):
    rows = collect(store.store).rows
    found = {(row.inter, row.method, row.lang): row.delta for row in rows}
    assert found["first", "salt", "de"] == 5.0
    assert found["first", "none", "de"] == 2.0
    assert found["none", "salt", "de"] == 1.0
    assert found["none", "none", "de"] is None


def test_a_method_has_a_column_behind_its_task_in_every_table(store):
    results = collect(store.store)
    header = next(line for line in formats.markdown(results).splitlines() if line.startswith("|  |"))
    assert [cell.strip() for cell in header.split("|")[2:-1]] == ["baseline", "first", "first · salt", "none · salt"]
    assert "first · salt" in formats.table(results)
    assert r"first $\cdot$ salt" in formats.latex(results)
    assert ">first\u00a0· salt</button></th>" in formats.html(results)
    assert "55.0 (+5.0)" in formats.markdown(results)


def test_csv_and_json_have_a_field_for_it(store):
    results = collect(store.store)
    lines = list(csv.DictReader(io.StringIO(formats.csv(results))))
    assert {(line["inter"], line["method"]) for line in lines} == {
        ("none", "none"), ("first", "none"), ("first", "salt"), ("none", "salt"),
    }  # fmt: skip
    assert {row["method"] for row in msgspec.json.decode(formats.json(results))["averages"]} == {"none", "salt"}


def test_results_of_before_have_no_method(store):
    text = formats.json(collect(store.store)).replace('"method": "none",', "")
    assert {row.method for row in msgspec.json.decode(text, type=Results).rows} == {"none", "salt"}


def test_a_methods_settings_tell_apart_what_is_else_alike(store):
    store.more()
    rows = [row for row in collect(store.store).rows if (row.inter, row.method, row.lang) == ("first", "salt", "de")]
    assert {row.value: row.at.settings["xh-a:salt.share"] for row in rows} == {55.0: 0.5, 57.0: 0.9}
    assert "| 0.9 · first · salt |" in formats.markdown(collect(store.store))


def test_a_report_can_be_about_a_method(store):
    rows = collect(store.store, wanted=Filter(method=("salt",), inter=("first",))).rows
    assert {(row.inter, row.method) for row in rows} == {("first", "salt"), ("none", "none")}
    with pytest.raises(UsageError, match="There is no method 'salz'"):
        collect(store.store, wanted=Filter(method=("salz",)))


def test_the_appendix_says_how_it_was_set(store):
    recipes = collect(store.store).appendix.recipes
    assert {"share": 0.5} in [recipe.settings.get("method xh-a:salt") for recipe in recipes]
