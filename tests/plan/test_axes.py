"""Axes: the plan is the union of all combinations, in which stages with the same inputs are there once."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.plan.chains import alone, cells, chains
from xh.plan.request import Request, points
from xh.spec import Files, UsageError


def trained(plan, phase):
    return [stage for stage in plan.stages.values() if stage.phase == phase]


def test_a_curve_over_the_intermediate_rows_trains_the_baseline_once(draw, all_rows):
    plan = draw("qa", "xqa", vary={"limit-intermediate": (10, 20, 40)})
    assert sorted(stage.inputs.limit_train for stage in trained(plan, "intermediate")) == [10, 20, 40]
    assert [stage.inputs.limit_train for stage in trained(plan, "target")] == [None] * 4
    assert [stage.purpose.inter for stage in trained(plan, "target")].count("none") == 1
    assert [cell.inter for cell in plan.cells] == ["none", "qa", "qa", "qa"]


def test_one_value_is_the_stage_that_a_plain_option_makes(draw, all_rows):
    varied = draw("qa", "xqa", vary={"limit-intermediate": (10,), "limit-target": (20,)})
    assert varied.stages.keys() == draw("qa", "xqa", limit_intermediate=10, limit_target=20).stages.keys()
    both = draw("qa", "xqa", limit_train=10)
    assert both.stages.keys() == draw("qa", "xqa", limit_intermediate=10, limit_target=10).stages.keys()


def test_all_rows_are_no_limit(draw, all_rows):
    plain = draw("qa", "xqa").stages.keys()
    assert draw("qa", "xqa", vary={"limit-train": (1.0,)}).stages.keys() == plain
    assert draw("qa", "xqa", limit_train=10, limit_intermediate=1.0, limit_target=1.0).stages.keys() == plain


def test_axes_are_multiplied(draw, all_rows):
    plan = draw("qa", "xqa", vary={"limit-intermediate": (10, 20), "limit-target": (5, 6, 7)})
    assert len(trained(plan, "intermediate")) == 2
    assert len(trained(plan, "target")) == 3 + 2 * 3
    assert [point for point, _ in plan.points][:2] == [
        {"limit-intermediate": 10, "limit-target": 5},
        {"limit-intermediate": 10, "limit-target": 6},
    ]


def test_a_setting_is_an_axis_of_the_stages_that_have_it(draw, all_rows):
    plan = draw("qa", "xqa pairs", vary={"xqa.epochs": (1.0, 2.0)})
    assert sorted(stage.inputs.recipe["epochs"] for stage in trained(plan, "target")) == [1.0, 1.0, 2.0, 2.0]
    assert len(trained(plan, "intermediate")) == 1
    assert len([stage for stage in trained(plan, "evaluate") if stage.task == "pairs"]) == 2


def test_several_encoders_are_in_one_plan_each_at_its_place(draw, all_rows, model, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for path in model.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "config.json").write_text((model / "config.json").read_text().replace("{", '{"changed": 1, ', 1))
    plan = draw("qa", "xqa", model=None, vary={"model": (str(model), str(other))})
    identities = {stage.inputs.encoder for stage in plan.stages.values()}
    assert len(identities) == 2
    assert {plan.locations.encoders[each].source for each in identities} == {str(model), str(other)}
    assert plan.encoders == (str(model), str(other))


def test_several_languages_of_training_share_the_intermediate_task(draw, tmp_path, all_rows):
    data = Files(paths=("qa-{lang}/{lang}/{split}.jsonl",), splits={"train": "train", "dev": "dev"})
    qa = made_tasks.qa(translated={"de": data})
    write_row(tmp_path, "qa-de/de/train")
    plan = draw("qa", "xqa", (qa, made_tasks.xqa()), vary={"train-lang": ("en", "de")})
    assert len(trained(plan, "intermediate")) == 1
    assert sorted(stage.inputs.languages for stage in trained(plan, "target")) == [("de",)] * 2 + [("en",)] * 2


def test_each_trains_in_the_language_of_the_test_and_tests_nothing_else(draw, tmp_path, all_rows):
    data = Files(paths=("qa-{lang}/{lang}/{split}.jsonl",), splits={"train": "train", "dev": "dev"})
    qa = made_tasks.qa(translated={"de": data})
    write_row(tmp_path, "qa-de/de/train")
    plan = draw("none", "xqa pairs", (qa, made_tasks.xqa(), made_tasks.pairs()), train_lang="each")
    found = {
        (stage.task, stage.inputs.languages, plan.stages[stage.inputs.parent].inputs.languages)
        for stage in trained(plan, "evaluate")
        if stage.inputs.parent
    }
    assert found == {("xqa", ("en",), ("en",)), ("xqa", ("de",), ("de",))}
    assert len([stage for stage in trained(plan, "evaluate") if stage.task == "pairs"]) == 1


def test_methods_are_an_axis_that_adds_to_no_product():
    request = Request(inter=("a",), target=("t",), vary={"method": ("none", "salt")})
    assert [(point, each.method) for point, each in points(request)] == [({}, ("none", "salt"))]


@pytest.mark.parametrize(
    ("vary", "text"),
    [
        ({"limit-inter": (1,)}, "(?s)There is no axis of --vary 'limit-inter'.*limit-intermediate"),
        ({"xqa.epohcs": (1,)}, "no setting 'epohcs'"),
        ({"other.epochs": (1,)}, "other"),
        ({"limit-target": ()}, "has no values"),
        ({"limit-target": (0,)}, "--limit-target 0 leaves no rows"),
    ],
)
def test_what_is_no_axis_is_said(draw, all_rows, vary, text):
    with pytest.raises(Exception, match=text) as caught:
        draw("qa", "xqa", vary=vary)
    assert getattr(caught.value, "exit_code", 1) in (2, 3) or isinstance(caught.value, UsageError)


def test_what_belongs_to_one_value_of_an_axis_is_told_apart(draw, all_rows):
    plan = draw("qa", "xqa", vary={"limit-intermediate": (10, 20), "limit-target": (5,)}, similarity=("textemb",))
    found = chains(plan)
    at = {stage.id: alone(stage.id, found) for stage in plan.stages.values()}
    assert [at[stage.id] for stage in trained(plan, "intermediate")] == [
        {"limit-intermediate": 10},
        {"limit-intermediate": 20},
    ]
    baseline = [stage for stage in trained(plan, "target") if stage.purpose.inter == "none"]
    assert [at[stage.id] for stage in [*baseline, *trained(plan, "represent")]] == [{}] * (
        1 + len(trained(plan, "represent"))
    )
    assert all({stage.id for stage in trained(plan, "represent")} <= chain.keys() for chain in found.values())
    assert [len(members) for members in cells(plan).values()] == [2, 2, 3]
