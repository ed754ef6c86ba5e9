"""The stages that measures of similarity add to a plan."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.plan.disk import Models
from xh.plan.estimate import pending
from xh.spec import TaskSpec, UsageError


@pytest.fixture(autouse=True)
def _data(all_rows):
    pass


def draw_similar(draw, measures, inter, target, **more):
    """A plan from measures, intermediate tasks, targets and options."""
    return draw(inter, target, similarity=tuple(measures.split()), **more)


def nli(**fields):
    """A task with one label per example, to train on and to be tested in German."""
    defaults = {"kind": "classify", "roles": ("intermediate", "target"), "languages": ("en", "de")}
    files = made_tasks.data("nli", "train", "dev", "test")
    return TaskSpec(name="nli", metric="accuracy", labels=("a row", "no"), data=files, **(defaults | fields))


def represented(plan):
    """Each added stage as the phase and intermediate task that it starts from, and what it reads."""
    stages = [stage for stage in plan.stages.values() if stage.phase == "represent"]
    return [f"{_start(stage, plan)}: {' '.join(stage.inputs.data)}" for stage in stages]


def _start(stage, plan):
    parent = plan.stages.get(stage.inputs.parent)
    return f"{parent.phase} {parent.purpose.inter} {parent.inputs.seed}" if parent else "untuned"


def test_text_embeddings_are_of_the_untuned_encoder_and_there_once_for_all_cells(draw, tmp_path):
    write_row(tmp_path, "other/en/train"), write_row(tmp_path, "other/en/dev")
    tasks = (made_tasks.qa(), made_tasks.qa("other"), made_tasks.xqa(), made_tasks.pairs())
    plan = draw_similar(draw, "textemb", "qa other", "xqa pairs", seeds=(1, 2), tasks=tasks)
    splits = ("qa/train/en", "qa/dev/en", "xqa/test/en", "xqa/test/de", "xqa/test/sw", "pairs/test/de", "pairs/test/fr")
    assert sorted(represented(plan)) == sorted(f"untuned: {split}" for split in (*splits, "other/train/en"))


def test_cka_compares_each_seeds_trainings(draw):
    found = represented(draw_similar(draw, "cka", "qa", "xqa", seeds=(1, 2)))
    starts = ("target none 1", "intermediate qa 1", "target none 2", "intermediate qa 2")
    assert sorted(found) == sorted(f"{start}: qa/dev/en" for start in starts)


def test_logme_is_for_targets_with_one_label_an_example(draw, tmp_path):
    for where in ("nli/en/train", "nli/en/dev", "nli/en/test", "nli/de/test"):
        write_row(tmp_path, where)
    tasks = (made_tasks.qa(), made_tasks.xqa(), nli())
    plan = draw_similar(draw, "logme", "qa", "xqa nli", tasks=tasks)
    assert represented(plan) == ["intermediate qa 1: nli/dev/en"]
    overrides = ("nli.select=last",)
    without_dev = draw_similar(draw, "logme", "qa", "nli", tasks=tasks, overrides=overrides)
    assert represented(without_dev) == ["intermediate qa 1: nli/train/en"]


def test_a_mixture_is_compared_by_all_its_tasks(draw, tmp_path):
    write_row(tmp_path, "other/en/train"), write_row(tmp_path, "other/en/dev")
    tasks = (made_tasks.qa(), made_tasks.qa("other"), made_tasks.pairs())
    found = represented(draw_similar(draw, "textemb", "qa+other", "pairs", langs=("de",), tasks=tasks))
    assert sorted(found) == ["untuned: other/train/en", "untuned: pairs/test/de", "untuned: qa/train/en"]


def test_other_stages_stay_what_they_are_and_parents_come_first(draw):
    plan, plain = draw_similar(draw, "textemb cka", "qa", "xqa pairs"), draw_similar(draw, "", "qa", "xqa pairs")
    assert [stage_id for stage_id in plan.stages if not stage_id.startswith("represent-")] == list(plain.stages)
    order = [None, *plan.stages]
    assert all(order.index(stage.inputs.parent) < order.index(stage_id) for stage_id, stage in plan.stages.items())


def test_the_recipe_names_the_stage_and_its_defaults_do_not(draw):
    stage = next(
        stage for stage in draw_similar(draw, "cka", "qa", "xqa").stages.values() if stage.phase == "represent"
    )

    def named(**recipe):
        return replace(stage, inputs=replace(stage.inputs, recipe=recipe)).id

    whole = stage.inputs.recipe
    assert named(**whole) == named() == stage.id
    assert len({named(), named(layer=3), named(max_length=64), named(rows=10)}) == 4


def test_a_model_waits_for_the_vectors(draw):
    plan = draw_similar(draw, "cka", "qa", "xqa")
    models = Models(plan.stages, "none")
    gone = {stage.id: models.finished(stage) for stage in plan.stages.values()}
    last = [stage_id for stage_id, trainings in gone.items() if trainings]
    assert all(stage_id.startswith(("represent-", "evaluate-")) for stage_id in last)
    assert sorted(each for trainings in gone.values() for each in trainings) == sorted(
        stage.id for stage in plan.stages.values() if stage.trains
    )


def test_vectors_alone_have_a_dropped_model_made_again(draw):
    plan = draw_similar(draw, "cka", "qa", "xqa")
    there = {stage_id for stage_id in plan.stages if not stage_id.startswith("represent-")}
    store = SimpleNamespace(record=lambda stage_id: stage_id in there and SimpleNamespace(dropped=("model/weights",)))
    needed, cached = pending(plan, store)
    assert [stage.phase for stage in needed].count("represent") == 2
    trained = {(stage.phase, stage.purpose.inter) for stage in needed if stage.trains}
    assert trained == {("target", "none"), ("intermediate", "qa")}
    assert sorted(cached) == sorted(there - {stage.id for stage in needed})


@pytest.mark.parametrize(
    ("measures", "inter", "options", "word"),
    [
        ("cosine", "qa", {}, "There is no measure of --similarity 'cosine'"),
        ("textemb", "", {}, "--similarity textemb has nothing to compare"),
        ("logme", "qa", {}, "--similarity logme has nothing to compare"),
        ("cka", "qa", {"baseline": False}, "--similarity cka has nothing to compare"),
    ],
)
def test_a_measure_that_can_not_be_taken_is_an_error(draw, measures, inter, options, word):
    with pytest.raises(UsageError, match=word) as caught:
        draw_similar(draw, measures, inter, "xqa", **options)
    assert caught.value.why or caught.value.todo
