"""``--method``: which cells a plan has, what names their stages, and what is refused."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import registry_of, write_row
from xh.data.places import Places
from xh.plan import Request, build
from xh.plan.recipes import parse_overrides
from xh.plugins import registry
from xh.spec import MethodSpec, MissingError, UnavailableError, UsageError

SALT = MethodSpec(name="salt", code="nowhere:Salt", settings={"share": 0.5, "layers": 2, "words": ""}, files=("words",))
FREEZE = MethodSpec(name="freeze", code="nowhere:Freeze", mixtures=False)
EARLY = MethodSpec(name="early", code="nowhere:Early", phases=("intermediate",))


@pytest.fixture
def known(monkeypatch, all_rows):
    tasks = made_tasks.qa(), made_tasks.qa("qb"), made_tasks.xqa(), made_tasks.pairs()
    return registry_of(monkeypatch, *tasks, methods=[SALT, FREEZE, EARLY])


def draw_cells(known, tmp_path, model, inter="", target="xqa", method="none", *settings, **fields):
    """A plan from words of the command line."""
    request = Request(
        inter=tuple(filter(None, inter.split(","))),
        target=tuple(target.split(",")),
        method=tuple(method.split(",")),
        overrides=parse_overrides(settings),
        model=str(model),
        data=Places(str(tmp_path / "data")),
        **fields,
    )
    return build(request, known)


def cells(plan):
    return [(cell.inter, cell.method, cell.target) for cell in plan.cells]


def methods(plan):
    return {
        (stage.phase, stage.purpose.inter, stage.purpose.method): [each.name for each in stage.inputs.methods]
        for stage in plan.stages.values()
    }


def test_each_task_comes_with_each_method_and_the_baseline_with_none(known, tmp_path, model):
    assert cells(draw_cells(known, tmp_path, model, "qa", "xqa", "none,salt")) == [
        ("none", "none", "xqa"),
        ("qa", "none", "xqa"),
        ("qa", "salt", "xqa"),
    ]
    assert cells(draw_cells(known, tmp_path, model, "qa", "xqa", "salt")) == [
        ("none", "none", "xqa"),
        ("qa", "salt", "xqa"),
    ]
    assert cells(draw_cells(known, tmp_path, model, "qa", "xqa", "salt", baseline=False)) == [("qa", "salt", "xqa")]


def test_a_method_without_an_intermediate_task_is_a_cell_where_that_is_asked_for(known, tmp_path, model):
    assert cells(draw_cells(known, tmp_path, model, "", "xqa", "salt")) == [
        ("none", "none", "xqa"),
        ("none", "salt", "xqa"),
    ]
    assert ("none", "salt", "xqa") in cells(draw_cells(known, tmp_path, model, "none,qa", "xqa", "none,salt"))


def test_a_method_applies_to_every_training_of_a_cell_or_to_those_of_its_phases(known, tmp_path, model):
    found = methods(draw_cells(known, tmp_path, model, "qa", "xqa", "salt,early"))
    assert found == {
        ("target", "none", "none"): [],
        ("evaluate", "none", "none"): [],
        ("intermediate", "qa", "salt"): ["xh-made:salt"],
        ("target", "qa", "salt"): ["xh-made:salt"],
        ("evaluate", "qa", "salt"): [],
        ("intermediate", "qa", "early"): ["xh-made:early"],
        ("target", "qa", "early"): [],
        ("evaluate", "qa", "early"): [],
    }


def test_joined_methods_are_applied_in_order_and_the_order_names_the_stages(known, tmp_path, model):
    one, other = (draw_cells(known, tmp_path, model, "qa", "xqa", word) for word in ("salt+freeze", "freeze+salt"))
    assert methods(one)["target", "qa", "salt+freeze"] == ["xh-made:salt", "xh-made:freeze"]
    assert not {*one.stages} & {*other.stages} - {*draw_cells(known, tmp_path, model, "", "xqa").stages}


def test_a_plan_without_methods_names_its_stages_as_ever(known, tmp_path, model):
    plain = draw_cells(known, tmp_path, model, "qa", "xqa,pairs")
    assert {*plain.stages} <= {*draw_cells(known, tmp_path, model, "qa", "xqa,pairs", "none,salt").stages}
    assert all(not stage.inputs.methods for stage in plain.stages.values())


def test_every_cell_is_compared_with_the_same_target_without_task_and_method(known, tmp_path, model):
    plan = draw_cells(known, tmp_path, model, "none,qa", "xqa", "none,salt")
    (baseline,) = [cell.stages[0] for cell in plan.cells if (cell.inter, cell.method) == ("none", "none")]
    for cell in plan.cells:
        stage = plan.stages[cell.stages[0]]
        assert stage.purpose.baseline == (None if stage.id == baseline else plan.stages[baseline].evaluation)


def test_settings_and_versions_name_a_stage_and_defaults_do_not(known, tmp_path, model):
    names = {
        words: next(
            cell.stages
            for cell in draw_cells(known, tmp_path, model, "qa", "xqa", "salt", *words).cells
            if cell.method == "salt"
        )
        for words in ((), ("salt.share=0.5",), ("salt.share=0.3",), ("salt.layers=3",))
    }
    assert names[()] == names["salt.share=0.5",]
    assert len({*names.values()}) == 3


def test_a_file_of_a_method_names_a_stage_by_its_content(known, model, tmp_path):
    one, other, changed = (tmp_path / name for name in ("one", "other", "changed"))
    one.write_text("day Tag"), other.write_text("day Tag"), changed.write_text("day jour")
    ids = [
        {*draw_cells(known, tmp_path, model, "qa", "xqa", "salt", f"salt.words={path}").stages}
        for path in (one, other, changed)
    ]
    assert ids[0] == ids[1] != ids[2]
    plan = draw_cells(known, tmp_path, model, "qa", "xqa", "salt", f"salt.words={one}")
    (applied,) = next(stage.inputs.methods for stage in plan.stages.values() if stage.inputs.methods)
    assert applied.files == {"words": str(one)} and not applied.settings
    with pytest.raises(MissingError, match="no such file"):
        draw_cells(known, tmp_path, model, "qa", "xqa", "salt", f"salt.words={tmp_path / 'absent'}")


def test_what_is_not_trained_has_no_cell_of_its_own(known, tmp_path, model):
    """A target that is searched, without an intermediate task, would be the baseline again."""
    assert cells(draw_cells(known, tmp_path, model, "none,qa", "pairs", "none,salt")) == [
        ("none", "none", "pairs"),
        ("qa", "none", "pairs"),
        ("qa", "salt", "pairs"),
    ]


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("qa", "xqa", "salz"), UnavailableError, ["There is no method 'salz'", "Did you mean 'salt'?"]),
        (("qa", "xqa", "salt+salt"), UsageError, ["'salt' more than once"]),
        (("qa", "xqa", "salt", "salt.shar=1"), UsageError, ["no setting 'shar'", "Did you mean 'share'?"]),
        (("qa", "xqa", "salt", "salt.share=much"), UsageError, ["is invalid", "Expected `float`, got `str`"]),
        (("qa", "xqa", "freeze", "freeze.a=1"), UsageError, ["no setting 'a'", "It has none."]),
        (("qa", "xqa", "none", "salt.share=0.3"), UsageError, ["'salt' is not part of this run", "--method salt"]),
        (("qa+qb", "xqa", "freeze"), UsageError, ["can't train a mixture such as qa+qb", "--inter"]),
        (("", "pairs", "salt"), UsageError, ["'salt' changes nothing in this run"]),
        (("", "xqa", "early"), UsageError, ["'early' changes nothing in this run", "--inter"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(known, tmp_path, model, words, error, said):
    with pytest.raises(error) as caught:
        draw_cells(known, tmp_path, model, *words)
    assert all(text in str(caught.value) for text in said), str(caught.value)


def test_a_mixture_takes_a_method_that_can_do_it(known, model, tmp_path):
    write_row(tmp_path, "qb/en/train"), write_row(tmp_path, "qb/en/dev")
    found = methods(draw_cells(known, tmp_path, model, "qa+qb", "xqa", "salt"))
    assert found["intermediate", "qa+qb", "salt"] == ["xh-made:salt"]


NO_RECORDS = [{"name": "none"}, {"name": "a+b"}, {"name": "a", "phases": ()}, {"name": "a", "files": ("b",)}]


@pytest.mark.parametrize("fields", NO_RECORDS)
def test_a_record_that_makes_no_sense_is_none(fields):
    with pytest.raises(ValueError, match="method"):
        MethodSpec(code="a:b", **fields)


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("code-switch.ratio=1.5", "<= 1"),
        ("code-switch.sentences=-0.1", ">= 0"),
        ("salt.candidates=0", ">= 1"),
        ("salt.alpha=0.0", ">= 0.001"),
        ("lexical-injection.pairs=1", ">= 2"),
        ("layer-attention.lowest=-1", ">= 0"),
    ],
)
def test_a_setting_of_xhs_own_methods_out_of_range_is_refused(setting, wanted):
    name = setting.partition(".")[0]
    fields = {"inter": (), "target": ("xnli",), "model": "mini", "data": Places("sample")}
    request = Request(**fields, method=(name,), overrides=parse_overrides([setting]))
    with pytest.raises(UsageError, match=f"setting of method '{name}' is invalid") as caught:
        build(request, registry())
    assert wanted in caught.value.why and setting.partition("=")[0].partition(".")[2] in caught.value.why
