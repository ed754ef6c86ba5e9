"""Targets that are trained on several tasks, one after the other."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import registry_of, write_row
from xh.plan import languages
from xh.spec import UnavailableError, UsageError


@pytest.fixture(autouse=True)
def _data(all_rows, tmp_path):
    for name in ("first", "words", "others"):
        for split in ("train", "dev"):
            write_row(tmp_path, f"{name}/en/{split}")


def draw_steps(draw, inter, target="xqa", *, names=("first", "qa"), **options):
    """A plan with a target which learns some of ``first`` (questions), ``words`` (tags) and ``qa``."""
    words = {"kind": "tag", "labels": ("A", "B"), "recipe": {"batch_size": 4}}
    tasks = (
        *(made_tasks.qa(), made_tasks.qa("first", recipe={"max_length": 32}), made_tasks.qa("words", **words)),
        made_tasks.qa("others", **words | {"labels": ("B", "A")}),
        made_tasks.xqa(train_from=names),
        made_tasks.pairs(train_from=names),
    )
    return draw(inter, target, tasks=tasks, **options)


def chain(plan, inter):
    """The stages of a cell, the first trained first."""
    (cell,) = [cell for cell in plan.cells if cell.inter == inter]
    found = [plan.stages[cell.stages[0]]]
    while parent := found[0].inputs.parent:
        found.insert(0, plan.stages[parent])
    return found


def shape(stages):
    return [(stage.phase, stage.task, stage.inputs.with_head) for stage in stages]


def test_each_step_starts_from_the_one_before_and_keeps_its_head(draw):
    plan = draw_steps(draw, "qa")
    own = [("target", "first", False), ("target", "qa", True), ("evaluate", "xqa", False)]
    assert shape(chain(plan, "none")) == own
    assert shape(chain(plan, "qa")) == [("intermediate", "qa", False), *own]
    assert len(plan.stages) == 7


def test_steps_of_the_targets_kind_have_its_recipe(draw):
    first, last, _ = chain(draw_steps(draw, "", overrides=("xqa.epochs=7",)), "none")
    assert first.inputs.recipe == last.inputs.recipe and first.inputs.recipe["epochs"] == 7
    assert sorted(first.inputs.data) == ["first/dev/en", "first/train/en"]
    with pytest.raises(UsageError, match="'first' is not part of this run"):
        draw_steps(draw, "", overrides=("first.epochs=3",))


def test_a_head_is_not_carried_over_to_another_kind(draw):
    first, words, last, _ = chain(draw_steps(draw, "", names=("first", "words", "qa")), "none")
    assert shape([first, words, last]) == [
        ("target", "first", False), ("target", "words", False), ("target", "qa", False)
    ]  # fmt: skip
    assert words.inputs.recipe["batch_size"] == 4


def test_nor_to_other_labels(draw):
    same, other, *_ = chain(draw_steps(draw, "", names=("words", "others", "qa")), "none")
    assert shape([same, other]) == [("target", "words", False), ("target", "others", False)]


def test_a_target_that_is_not_trained_is_tested_after_its_steps(draw):
    plan = draw_steps(draw, "first", "pairs", names="qa", seeds=(1, 2), overrides=("qa.epochs=5",))
    assert [(cell.inter, cell.seed) for cell in plan.cells] == [
        ("none", 1), ("none", 2), ("first", 1), ("first", 2)
    ]  # fmt: skip
    trained, tested = (plan.stages[each] for each in (plan.cells[0].stages[0], plan.cells[2].stages[0]))
    source = plan.stages[trained.inputs.parent]
    assert (source.phase, source.task, source.inputs.recipe["epochs"]) == ("target", "qa", 5)
    assert tested.purpose.baseline == trained.evaluation


def test_the_steps_before_a_target_that_is_not_trained_stay_in_their_language(draw):
    for lang in ("de", "each"):
        plan = draw_steps(draw, "", "pairs", names="qa", train_lang=lang)
        assert [stage.task for stage in plan.stages.values()] == ["qa", "pairs"]
        assert plan.stages[plan.cells[0].stages[0]].inputs.languages == ("de", "fr")


def test_an_oracle_selects_in_the_last_step_alone(tmp_path, draw):
    write_row(tmp_path, "xqa/de/dev")
    data = made_tasks.xqa().data
    own = made_tasks.xqa(train_from=("first", "qa"), data=type(data)(data.paths, {"dev": "dev", "test": "test"}))
    write_row(tmp_path, "xqa/en/dev")
    plan = draw(
        "", "xqa", tasks=(made_tasks.qa(), made_tasks.qa("first"), own),
        overrides=("xqa.select=target-dev", "xqa.compare=true"),
    )  # fmt: skip
    first, last, _ = chain(plan, "none")
    assert (first.inputs.recipe["select"], first.inputs.recipe["compare"]) == ("english-dev", False)
    assert (last.inputs.recipe["select"], last.inputs.recipe["compare"]) == ("target-dev", True)


def test_stages_say_which_step_they_are(draw):
    first, last, evaluated = chain(draw_steps(draw, ""), "none")
    assert [stage.purpose.way for stage in (first, last, evaluated)] == [
        "none → xqa (first)", "none → xqa (qa)", "none → xqa"
    ]  # fmt: skip


def test_missing_data_of_any_step_are_named(draw, tmp_path):
    (tmp_path / "data/first/en/train.jsonl").unlink()
    with pytest.raises(Exception, match="first train en"):
        draw_steps(draw, "")


def test_what_any_step_reads_is_seen(monkeypatch):
    registry = registry_of(
        monkeypatch,
        made_tasks.qa(),
        made_tasks.qa("first", languages=("sw",)),
        made_tasks.xqa(train_from=("first", "qa")),
    )
    assert languages.tested_in(registry.task("xqa"), ("seen",), (), None, registry) == ("en", "sw")
    assert languages.tested_in(registry.task("xqa"), ("seen",), (), "de", registry) == ("de", "sw")


def test_a_step_that_is_no_task_is_an_error(draw):
    with pytest.raises(UnavailableError, match="no task 'nosuch'"):
        draw_steps(draw, "", names=("nosuch", "qa"))
