"""From stages to rows and averages."""

import pytest
from msgspec.structs import replace

from helpers.shelf import make_task
from xh.results.notes import brief, notes
from xh.results.rows import collect
from xh.spec import StorageError
from xh.spec.cell import Cell
from xh.store import Store
from xh.store.record import decoded, encoded


@pytest.fixture
def pair(shelf):
    """bucc-like target: baseline without any training, and after one intermediate task with seed 3."""
    target = make_task("pairs", "bitext")
    baseline = shelf.evaluate(target, {"de": 66.0, "fr": 60.0})
    inter = shelf.train("intermediate", make_task("first"), inter="first", seed=3)
    after = shelf.evaluate(
        target,
        {"de": 71.2, "fr": 59.0},
        inter="first",
        parent=inter,
        label={"baseline": baseline},
        protocol={"layer": 4},
    )
    return baseline, after


def by(records, **fields):
    found = [record for record in records if all(getattr(record, key) == value for key, value in fields.items())]
    assert len(found) == 1, found
    return found[0]


def test_a_row_has_its_baseline_and_the_difference(shelf, pair):
    row = by(collect(shelf.store).rows, inter="first", lang="de")
    assert (row.value, row.baseline, row.delta) == (71.2, 66.0, 5.2)
    assert (row.target, row.metric, row.n, row.main, row.stage) == ("pairs", "f1", 100, True, pair[1])


def test_a_baselines_own_rows_have_neither_baseline_nor_delta(shelf, pair):
    row = by(collect(shelf.store).rows, inter="none", lang="de")
    assert (row.value, row.baseline, row.delta) == (66.0, None, None)


def test_the_seed_is_the_last_trainings(shelf, pair):
    rows = collect(shelf.store).rows
    assert {row.seed for row in rows if row.inter == "first"} == {3}
    assert {row.seed for row in rows if row.inter == "none"} == {None}


def test_the_protocol_says_encoder_profile_source_and_data(shelf, pair):
    protocol = by(collect(shelf.store).rows, inter="first", lang="de").protocol
    assert protocol == {
        "encoder": "mini",
        "encoder_identity": "sha256:1",
        "profile": "mini",
        "source": "hub",
        "kind": "bitext",
        "data": "rev-de",
        "layer": 4,
        "baseline": pair[0],
    }


def test_cells_choose_the_stages_and_their_order(shelf, pair):
    cells = (Cell("first", "pairs", 3, pair[1:], ("de", "fr")), Cell("none", "pairs", None, ("evaluate-0",), ("de",)))
    assert [row.inter for row in collect(shelf.store, cells).rows] == ["first", "first"]
    assert [average.inter for average in collect(shelf.store, cells).averages] == ["first"]


def test_a_baseline_that_was_not_run_leaves_the_difference_open(shelf):
    shelf.evaluate(make_task("t"), {"de": 50.0}, inter="i", label={"baseline": "evaluate-t-000000000000"})
    row = collect(shelf.store).rows[0]
    assert (row.baseline, row.delta) == (None, None)


def test_a_damaged_stage_is_no_result(shelf, pair):
    (shelf.store.folder(pair[1]) / "scores.json").write_text("{}")
    assert {row.inter for row in collect(shelf.store).rows} == {"none"}


def test_scores_that_do_not_parse_are_an_error_with_the_file(shelf):
    stage = shelf.put(
        shelf.stage(
            {"phase": "evaluate", "tasks": {"test": make_task("t")}, "languages": ("de",)},
            {"inter": "none", "target": "t"},
            "t",
        ),
        {"scores": [{"lang": "de"}]},
    )
    with pytest.raises(StorageError, match=f"{stage}/scores.json"):
        collect(shelf.store)


def test_a_training_that_is_its_own_parent_ends(shelf, pair):
    """As an edited record may have it."""
    (path,) = shelf.store.stages.glob("intermediate-*/stage.json")
    record = decoded(path.read_bytes())
    inputs = replace(record.stage.inputs, parent=record.id)
    path.write_text(encoded(replace(record, stage=replace(record.stage, inputs=inputs))))
    assert [row.inter for row in collect(shelf.store).rows] == ["none", "none", "first", "first"]


def test_an_empty_store_has_no_results(tmp_path):
    results = collect(Store.open(tmp_path))
    assert (results.rows, results.averages, results.run.seconds) == ((), (), 0.0)


def test_the_run_sums_up_every_stage_once(shelf, pair):
    run = collect(shelf.store).run
    assert (run.encoder, run.profile, run.versions, run.seconds) == ("mini", "mini", {"torch": "2.13"}, 4.5)


def test_the_average_is_unweighted_over_languages(shelf, pair):
    average = by(collect(shelf.store).averages, inter="first")
    assert average.score == pytest.approx((71.2 + 59.0) / 2)
    assert (average.baseline, average.delta) == (63.0, 2.1)
    assert average.stages == (pair[1],)


def test_span_extraction_averages_exact_match_and_f1(shelf):
    shelf.evaluate(
        make_task("qa", "span"), {"de": {"f1": 60.0, "exact_match": 40.0}, "fr": {"f1": 80.0, "exact_match": 60.0}}
    )
    assert collect(shelf.store).averages[0].score == 60.0


def test_other_kinds_average_their_main_metric_only(shelf):
    shelf.evaluate(
        make_task("t"), {"de": {"accuracy": 60.0, "macro_f1": 10.0}, "fr": {"accuracy": 70.0, "macro_f1": 10.0}}
    )
    assert collect(shelf.store).averages[0].score == 65.0


def test_metrics_over_different_languages_give_no_average(shelf):
    shelf.evaluate(make_task("qa", "span"), {"de": {"f1": 60.0, "exact_match": 40.0}, "fr": {"f1": 80.0}})
    average = collect(shelf.store).averages[0]
    assert (average.score, average.why_not) == (None, "its metrics cover different languages")


def test_a_baseline_without_one_of_the_languages_gives_no_baseline_average(shelf):
    baseline = shelf.evaluate(make_task("t"), {"de": 50.0})
    parent = shelf.train("intermediate", make_task("i"), inter="i")
    shelf.evaluate(make_task("t"), {"de": 60.0, "fr": 70.0}, inter="i", parent=parent, label={"baseline": baseline})
    average = by(collect(shelf.store).averages, inter="i")
    assert (average.score, average.baseline, average.delta) == (65.0, None, None)
    assert average.why_not == "no baseline for fr"


def test_missing_languages_are_said_of_the_average_not_of_the_rows(shelf):
    shelf.evaluate(make_task("t", languages=("de", "el", "fr")), {"de": 50.0, "fr": 60.0})
    results = collect(shelf.store)
    assert all(row.comparable for row in results.rows)
    assert results.averages[0].why_not == "without el (2 of 3 languages)"
    assert not results.averages[0].comparable


@pytest.mark.parametrize("count", [8, 9, 10])
def test_the_benchmarks_score_needs_all_nine_tasks(shelf, count):
    for number in range(count):
        target = make_task(f"t{number}", groups=("xtreme",), languages=("de",))
        baseline = shelf.evaluate(target, {"de": 10.0 * number})
        parent = shelf.train("intermediate", make_task("i"), inter="i")
        shelf.evaluate(target, {"de": 10.0 * number + 1}, inter="i", parent=parent, label={"baseline": baseline})
    found = [average for average in collect(shelf.store).averages if average.target == "xtreme"]
    if count != 9:
        assert not found
        return
    assert by(found, inter="none").score == 40.0
    after = by(found, inter="i")
    assert (after.seed, after.score, after.baseline, after.delta, len(after.stages)) == (1, 41.0, 40.0, 1.0, 9)


def test_xtreme_rs_score_is_over_ten_tasks_of_which_one_is_scored_elsewhere(shelf):
    for number in range(10):
        shelf.evaluate(make_task(f"t{number}", groups=("xtreme-r",), languages=("de",)), {"de": 10.0 * number})
    results = collect(shelf.store)
    assert by(results.averages, target="xtreme-r").score == 45.0
    for said in (notes, brief):
        told = said(results.rows, results.averages)
        assert "Score of xtreme-r: with lareqa, which its evaluate.py does not score." in told


def test_the_benchmarks_score_joins_targets_that_need_no_training(shelf):
    for number in range(9):
        target = make_task(f"t{number}", groups=("xtreme",), languages=("de",))
        parent = shelf.train("target", target, seed=2) if number < 7 else None
        shelf.evaluate(target, {"de": 50.0}, parent=parent)
    overall = by(collect(shelf.store).averages, target="xtreme")
    assert (overall.inter, overall.seed, overall.score) == ("none", 2, 50.0)


def test_several_runs_of_one_cell_say_in_what_they_differ(shelf):
    target = make_task("t")
    for epochs in (2.0, 3.0):
        parent = shelf.train("target", target, recipe={"epochs": epochs, "clip": 1.0})
        shelf.evaluate(target, {"de": epochs}, parent=parent, recipe={"epochs": epochs, "clip": 1.0})
    settings = {row.value: row.at.settings for row in collect(shelf.store).rows}
    assert settings == {2.0: {"t.epochs": 2.0}, 3.0: {"t.epochs": 3.0}}


def test_several_evaluations_of_one_cell_say_in_what_they_differ(shelf):
    target = make_task("t")
    for layer in (8, 12):
        shelf.evaluate(target, {"de": float(layer)}, recipe={"layer": layer, "k": 4})
    settings = {row.value: row.at.settings for row in collect(shelf.store).rows}
    assert settings == {8.0: {"t.layer": 8}, 12.0: {"t.layer": 12}}
