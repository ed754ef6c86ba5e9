"""Several encoders, limits and settings in one table; curves; rows with a column per axis."""

import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.records import Results
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import UsageError


def put_arms(shelf, before, after, rows=None, encoder="mini", **recipe):
    """Evaluate a target after an intermediate task on so many rows, and without."""
    label = {"encoder": encoder}
    same = {"encoder": f"sha256:{encoder}", "limit_train": 50}
    source = shelf.train("target", make_task("t"), label=label, recipe=recipe, **same)
    baseline = shelf.evaluate(
        make_task("t"), {"de": before, "fr": before}, parent=source, label=label, encoder=same["encoder"]
    )
    start = shelf.train("intermediate", make_task("i"), inter="i", label=label, **(same | {"limit_train": rows}))
    parent = shelf.train("target", make_task("t"), inter="i", parent=start, label=label, recipe=recipe, **same)
    shelf.evaluate(
        make_task("t"), {"de": after, "fr": after + 2}, inter="i", parent=parent, encoder=same["encoder"],
        label=label | {"baseline": baseline},
    )  # fmt: skip


def lines(grid):
    return {line.name: [entry.value for entry in line.entries] for line in grid.lines}


def test_two_encoders_and_a_curve_stand_in_one_table(shelf):
    for encoder, before in (("mini", 40.0), ("large", 60.0)):
        for rows, after in ((100, 41.0), (400, 43.0)):
            put_arms(shelf, before, before - 40 + after, rows, encoder)
    (block,) = blocks(collect(shelf.store))
    table, curve = block.grids
    assert table.columns == ("de", "fr", "average")
    assert table.title == "t · accuracy · by model · intermediate · limit-intermediate"
    found = lines(table)
    assert set(found) == {f"{model} · {arm}" for model in ("mini", "large") for arm in ("none", "i · 100", "i · 400")}
    assert found["mini · none"] == [40.0, 40.0, 40.0]
    assert found["large · i · 400"] == [63.0, 65.0, 64.0]
    assert curve.columns == ("none", "100", "400")
    assert lines(curve) == {"t · mini · i": [40.0, 42.0, 44.0], "t · large · i": [60.0, 62.0, 64.0]}


def test_each_encoder_is_compared_with_its_own_baseline(shelf):
    put_arms(shelf, 40.0, 45.0, 100, "mini")
    put_arms(shelf, 60.0, 61.0, 100, "large")
    deltas = {(row.at.model, row.lang): row.delta for row in collect(shelf.store).rows if row.inter == "i"}
    assert deltas == {("mini", "de"): 5.0, ("mini", "fr"): 7.0, ("large", "de"): 1.0, ("large", "fr"): 3.0}


def test_settings_are_called_as_they_are_typed(shelf):
    put_arms(shelf, 40.0, 45.0, epochs=1.0)
    put_arms(shelf, 41.0, 47.0, epochs=2.0)
    results = collect(shelf.store)
    assert {repr(row.at.settings) for row in results.rows} == {"{'t.epochs': 1.0}", "{'t.epochs': 2.0}"}
    (block,) = blocks(results)
    assert set(lines(block.grids[0])) == {f"{epochs} · {inter}" for epochs in ("1.0", "2.0") for inter in ("none", "i")}


def test_what_is_on_no_axis_keeps_tables_apart(shelf):
    put_arms(shelf, 40.0, 45.0, 100)
    shelf.evaluate(
        make_task("t"), {"de": 50.0}, parent=shelf.train("target", make_task("t"), limit_train=50), limit_eval=7
    )
    assert len(blocks(collect(shelf.store))) == 2


def test_rows_have_a_column_per_axis(shelf):
    put_arms(shelf, 40.0, 45.0, 0.1, epochs=1.0)
    put_arms(shelf, 41.0, 47.0, 0.1, epochs=2.0)
    results = collect(shelf.store)
    frame = results.frame()
    assert list(frame.columns[:6]) == ["inter", "method", "target", "lang", "seed", "metric"]
    assert {*frame["limit_intermediate"].dropna()} == {0.1}
    assert {*frame["limit_target"]} == {50}
    assert {*frame["t.epochs"]} == {1.0, 2.0}
    assert {*frame["train_lang"]} == {"en"}
    assert len(frame) == len(results.rows)
    header = formats.csv(results).splitlines()[0].split(",")
    assert {"model", "limit_intermediate", "limit_target", "train_lang", "t.epochs"} <= set(header)


def test_an_empty_result_is_a_table_of_no_lines():
    assert len(Results().frame()) == 0
    assert formats.csv(Results()).startswith("inter,method,target,lang")


def test_a_view_that_has_nothing_to_show_says_so(shelf):
    put_arms(shelf, 40.0, 45.0, 100)
    (block,) = blocks(collect(shelf.store), View(views=("curve:limit-intermediate", "gap")))
    assert block.notes[:2] == (
        "--view curve:limit-intermediate has nothing to show here.",
        "--view gap has nothing to show here.",
    )


def test_a_view_or_an_axis_that_there_is_not_gets_the_nearest(shelf):
    put_arms(shelf, 40.0, 45.0, 100)
    with pytest.raises(UsageError, match="no view 'heatmpa'") as caught:
        blocks(collect(shelf.store), View(views=("heatmpa",)))
    assert "'heatmap'" in caught.value.why
    with pytest.raises(UsageError, match="no axis 'limit-inter'"):
        blocks(collect(shelf.store), View(views=("curve:limit-inter",)))


def test_a_setting_that_varies_with_some_rows_is_a_coordinate_with_all(shelf):
    """Else what was made with 40 rows would be on no curve, or on that of other settings."""
    for rows, rate in ((20, 1e-4), (20, 1e-5), (40, 1e-5)):
        fields = {"inter": "i", "limit_train": rows, "recipe": {"learning_rate": rate}}
        parent = shelf.train("intermediate", make_task("i"), **fields)
        shelf.evaluate(make_task("t", "bitext"), {"de": 50.0}, inter="i", parent=parent)
    found = [(row.at.limit_intermediate, row.at.settings) for row in collect(shelf.store).rows]
    rates = {(rows, at["i.learning_rate"]) for rows, at in found}
    assert rates == {(20, 1e-4), (20, 1e-5), (40, 1e-5)}
