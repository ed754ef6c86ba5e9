"""Curves over layers: metrics NAME@LAYER as grids in every format, and as pictures."""

import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.pictures import pictures
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import UsageError

LAYERS = View(views=("layers",))


def values(*each):
    return {"f1": each[0]} | {f"f1@{layer}": value for layer, value in enumerate(each)} | {"mass@0": 1.0, "mass@2": 3.0}


@pytest.fixture
def results(shelf):
    """A target in three layers, in two languages, before and after an intermediate task with two seeds."""
    probe = make_task("p", "bitext")
    baseline = shelf.evaluate(probe, {"de": values(10, 20, 30), "fr": values(20, 40, 60)})
    for seed, more in ((1, 1), (2, 3)):
        parent = shelf.train("intermediate", make_task("i"), inter="i", seed=seed)
        found = {"de": values(10 + more, 20, 30), "fr": values(20 + more, 40, 62)}
        shelf.evaluate(probe, found, inter="i", parent=parent, seed=seed, label={"baseline": baseline})
    return collect(shelf.store)


def grids(results, view=LAYERS):
    return [grid for block in blocks(results, view) for grid in block.grids if grid.name.startswith("layers-")]


def test_a_line_for_each_arm_and_a_column_for_each_layer_of_the_metric_that_counts(results):
    (grid,) = grids(results)
    assert grid.title == "p · f1 by layer" and grid.columns == ("0", "1", "2")
    before, after = grid.lines
    assert (before.name, after.name) == ("none", "i")
    assert [entry.value for entry in before.entries] == [15, 30, 45]
    assert [entry.value for entry in after.entries] == [17, 30, 46]
    assert [entry.delta for entry in after.entries] == [2, 0, 1]


def test_other_measures_are_named(results):
    (grid,) = grids(results, View(views=("layers:mass",)))
    assert grid.columns == ("0", "2") and [entry.value for entry in grid.lines[1].entries] == [1, 3]


def test_a_store_without_layers_has_none(shelf):
    shelf.evaluate(make_task("p", "bitext"), {"de": {"f1": 1.0, "map@20": 2.0, "f1@20": 3.0}})
    found = collect(shelf.store)
    assert not grids(found)
    assert "--view layers has nothing to show here." in formats.table(found, LAYERS)
    with pytest.raises(UsageError, match="nothing to draw"):
        pictures(found, "layers")


def test_a_baseline_alone_has_its_curve(shelf):
    shelf.evaluate(make_task("p", "bitext"), {"de": values(10, 20, 30)})
    (grid,) = grids(collect(shelf.store))
    assert [(line.name, [entry.value for entry in line.entries]) for line in grid.lines] == [("none", [10, 20, 30])]


def test_a_picture_has_a_line_for_each_arm(results):
    (picture,) = pictures(results, "layers")
    assert picture.title == "p · f1 by layer"
    assert str(picture).count('class="line"') == 2


@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex"])
def test_every_format_has_it(results, form):
    assert "f1 by layer" in getattr(formats, form)(results, LAYERS)


def test_a_page_has_it_without_being_asked(results):
    assert "f1 by layer" in formats.html(results)
