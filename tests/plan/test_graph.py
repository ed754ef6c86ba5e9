"""The graph of stages: what is in it, what is shared, what a name depends on."""

import os
import re
import subprocess
import sys

import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
from helpers.weights import write_weights
from xh.spec import MissingError, UsageError


def shape(plan):
    """Each stage as (phase, task, intermediate task, seed)."""
    return [(stage.phase, stage.task, stage.purpose.inter, stage.inputs.seed) for stage in plan.stages.values()]


def cells(plan):
    return [(cell.inter, cell.target, cell.seed) for cell in plan.cells]


def evaluated(plan, inter):
    """The evaluation after an intermediate task."""
    (cell,) = [cell for cell in plan.cells if cell.inter == inter]
    (stage,) = cell.stages
    return plan.stages[stage]


@pytest.fixture(autouse=True)
def _data(all_rows):
    pass


def test_a_trained_target_with_its_baseline(draw):
    plan = draw("qa", "xqa")
    assert shape(plan) == [
        ("target", "qa", "none", 1),
        ("evaluate", "xqa", "none", None),
        ("intermediate", "qa", "qa", 1),
        ("target", "qa", "qa", 1),
        ("evaluate", "xqa", "qa", None),
    ]
    assert cells(plan) == [("none", "xqa", 1), ("qa", "xqa", 1)]


def test_parents_come_before_their_children(draw):
    seen = set()
    for stage_id, stage in draw("qa", "pairs xqa", seeds=(1, 2)).stages.items():
        assert stage.id == stage_id
        assert stage.inputs.parent is None or stage.inputs.parent in seen
        seen.add(stage_id)


def test_every_evaluation_knows_its_baseline(draw):
    plan = draw("qa", "xqa")
    baseline = evaluated(plan, "none")
    assert baseline.purpose.baseline is None
    assert evaluated(plan, "qa").purpose.baseline == baseline.evaluation


def test_without_the_baseline_its_stages_are_not_made_but_still_named(draw):
    plan = draw("qa", "xqa", baseline=False)
    assert [inter for inter, *_ in cells(plan)] == ["qa"]
    assert evaluated(plan, "qa").purpose.baseline == evaluated(draw("", "xqa"), "none").evaluation
    assert {stage.purpose.inter for stage in plan.stages.values()} == {"qa"}


def test_two_targets_share_the_intermediate_stage(draw):
    plan = draw("qa", "xqa pairs")
    assert [stage[0] for stage in shape(plan)].count("intermediate") == 1


def test_two_targets_with_the_same_source_and_recipe_share_their_training(draw, tmp_path):
    write_row(tmp_path, "other/de/test")
    other = made_tasks.xqa("other", languages=("de",))
    plan = draw("qa", "xqa other", tasks=(made_tasks.qa(), made_tasks.xqa(), other))
    assert [phase for phase, *_ in shape(plan)].count("target") == 2
    different = draw("qa", "xqa other", tasks=(made_tasks.qa(), made_tasks.xqa(), other), overrides=("other.epochs=9",))
    assert [phase for phase, *_ in shape(different)].count("target") == 4


def test_a_target_may_have_a_training_and_a_dev_set_of_its_own(draw, tmp_path):
    write_row(tmp_path, "xqa/en/train")
    write_row(tmp_path, "xqa/en/dev")
    data = made_tasks.xqa().data
    own = made_tasks.xqa(data=type(data)(data.paths, {"train": "train", "dev": "dev", "test": "test"}), train_from=None)
    stage = next(iter(draw("", "xqa", tasks=(own,)).stages.values()))
    assert (stage.phase, stage.task, sorted(stage.inputs.data)) == ("target", "xqa", ["xqa/dev/en", "xqa/train/en"])


def test_a_dev_set_that_nothing_is_selected_by_is_not_needed(draw, tmp_path):
    (tmp_path / "data/qa/en/dev.jsonl").unlink()
    overrides = ("qa.select=last", "xqa.select=last")
    assert len(draw("qa", "xqa", overrides=overrides).stages) == 5
    with pytest.raises(MissingError, match="qa dev en"):
        draw("qa", "xqa")


def test_nothing_that_is_not_trained_is_there_once_per_seed(draw):
    plan = draw("qa", "pairs", seeds=(1, 2, 3))
    assert [stage[0] for stage in shape(plan)] == ["evaluate", *["intermediate", "evaluate"] * 3]
    assert cells(plan) == [("none", "pairs", None), ("qa", "pairs", 1), ("qa", "pairs", 2), ("qa", "pairs", 3)]


def test_a_trained_baseline_is_there_once_per_seed(draw):
    plan = draw("", "xqa", seeds=(1, 2))
    assert cells(plan) == [("none", "xqa", 1), ("none", "xqa", 2)]
    assert len(plan.stages) == 4


def test_a_seed_said_twice_counts_once(draw):
    assert cells(draw("qa", "xqa", seeds=(1, 1))) == cells(draw("qa", "xqa"))


def test_all_that_is_missing_is_named_at_once(draw, tmp_path):
    for name in ("qa/en/train", "qa/en/dev", "pairs/de/test", "pairs/fr/test", "xqa/sw/test"):
        (tmp_path / f"data/{name}.jsonl").unlink()
    with pytest.raises(MissingError) as caught:
        draw("qa", "xqa pairs")
    lines = caught.value.what.splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [
        "  - qa train en",
        "  - qa dev en",
        "  - pairs test de",
        "  - pairs test fr",
    ]


def test_a_language_without_data_is_left_out_and_named(draw, tmp_path):
    (tmp_path / "data/xqa/sw/test.jsonl").unlink()
    plan = draw("", "xqa")
    assert list(map(str, plan.left_out)) == ["xqa test sw"]
    assert evaluated(plan, "none").inputs.languages == ("en", "de")
    assert evaluated(plan, "none").id == evaluated(draw("", "xqa", langs=("en", "de")), "none").id


CHANGES = {
    "a setting": {"overrides": ("xqa.epochs=9",)},
    "the seed": {"seeds": (2,)},
    "fewer training rows": {"limit_train": 5},
    "fewer test rows": {"limit_eval": 5},
    "fewer languages": {"langs": ("de",)},
}


@pytest.mark.parametrize("options", CHANGES.values(), ids=CHANGES)
def test_what_can_change_a_result_changes_the_name(draw, options):
    assert evaluated(draw("", "xqa", **options), "none").id != evaluated(draw("", "xqa"), "none").id


def test_a_change_far_up_changes_every_name_below(draw):
    before, after = draw("qa", "xqa"), draw("qa", "xqa", overrides=("qa.epochs=9",))
    assert evaluated(before, "none").id == evaluated(after, "none").id
    assert len(set(before.stages) & set(after.stages)) == 2


def test_changed_rows_and_weights_change_the_names(draw, tmp_path, model):
    before = draw("", "pairs")
    write_row(tmp_path, "pairs/de/test", "another row")
    rows = draw("", "pairs")
    write_weights(model / "model.safetensors", {"other": [1]})
    weights = draw("", "pairs")
    assert len({*before.stages, *rows.stages, *weights.stages}) == 3


def test_a_task_whose_code_changed_gets_new_names(draw):
    assert not set(draw("", "pairs").stages) & set(draw("", "pairs", tasks=(made_tasks.pairs(version=2),)).stages)


def test_what_cannot_change_a_result_does_not_change_the_name(draw, tmp_path, model):
    before = list(draw("qa", "xqa pairs").stages)
    (tmp_path / "data").rename(tmp_path / "mirror")
    model.rename(tmp_path / "encoder")
    elsewhere = {"data": str(tmp_path / "mirror"), "model": str(tmp_path / "encoder"), "runs": str(tmp_path / "other")}
    assert list(draw("qa", "xqa pairs", offline=True, **elsewhere).stages) == before


PRINT = """
from xh.plan import Request, build
from xh.plugins import registry

plan = build(Request(inter=("squad",), target=("xquad", "bucc"), langs=("de",), seeds=(1, 2)), registry())
print(*plan.stages, sep="\\n")
"""


def test_names_are_the_same_in_every_process():
    def names(seed):
        env = os.environ | {"PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", PRINT], env=env, capture_output=True, text=True, check=True).stdout

    assert names("1") == names("2")
    assert names("1").count("\n") == 2 * (2 + 4) + 1


@pytest.mark.parametrize(
    ("override", "what"),
    [("pairs.layer=7", "the encoder has 6 layers"), ("xqa.max_length=513", "the encoder takes 512 subword tokens")],
)
def test_a_recipe_must_fit_the_encoder(draw, override, what):
    with pytest.raises(UsageError, match=what):
        draw("", "xqa pairs", overrides=(override,))
    assert draw("", "xqa pairs", overrides=("pairs.layer=6", "xqa.max_length=512"))


def test_an_encoder_that_is_not_there(draw, tmp_path, model):
    with pytest.raises(MissingError, match="no such folder"):
        draw("", "pairs", model=str(tmp_path / "nowhere"))
    (model / "model.safetensors").rename(model / "pytorch_model.pt")
    with pytest.raises(MissingError, match=r"no weights as safetensors, and no pytorch_model\.bin"):
        draw("", "pairs")


def test_of_much_that_is_missing_the_first_is_listed(draw):
    tasks = [made_tasks.qa(f"qa{number}") for number in range(30)]
    with pytest.raises(MissingError) as error:
        draw(" ".join(task.name for task in tasks), "pairs", (*tasks, made_tasks.pairs()))
    *listed, last = [line for line in error.value.what.splitlines() if line.startswith("  - ")]
    assert len(listed) == 40
    assert re.fullmatch(r"  - … and \d+ more", last)
