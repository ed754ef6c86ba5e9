"""Selecting by the languages of the test: what is read, what names a stage, and where it is impossible."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.spec import Files, MissingError, UsageError

SPLITS = {"train": "train", "dev": "dev", "test": "test"}
ORACLE = {"overrides": ("xqa.select=target-dev",)}
COMPARED = {"overrides": ("xqa.compare=true",)}


@pytest.fixture
def own_rows(tmp_path, all_rows):
    for where in ("en/train", "en/dev", "de/dev", "sw/dev"):
        write_row(tmp_path, f"xqa/{where}")


def draw_own(draw, inter="", **options):
    """A plan with a target that has a train and a dev set of its own."""
    task = made_tasks.xqa(data=Files(("xqa/{lang}/{split}.jsonl",), SPLITS), train_from=None)
    return draw(inter, "xqa", tasks=(made_tasks.qa(), task), **options)


def training(plan, phase="target"):
    (stage,) = [stage for stage in plan.stages.values() if stage.phase == phase]
    return stage


def dev(plan):
    return sorted(key for key in training(plan).inputs.data if "/dev/" in key)


def test_each_policy_reads_its_own_dev_sets(draw, own_rows):
    assert dev(draw_own(draw)) == ["xqa/dev/en"]
    assert dev(draw_own(draw, **ORACLE)) == ["xqa/dev/de", "xqa/dev/sw"]
    assert dev(draw_own(draw, overrides=("xqa.select=last",))) == []
    assert dev(draw_own(draw, **COMPARED)) == ["xqa/dev/de", "xqa/dev/en", "xqa/dev/sw"]


def test_the_languages_that_are_looked_at_name_the_training(draw, own_rows):
    one, two, german, english = (
        training(draw_own(draw, langs=langs, **options)).id
        for langs, options in ((("de",), ORACLE), (("de", "sw"), ORACLE), (("de",), {}), (("de", "sw"), {}))
    )
    assert one != two
    assert german == english


def test_changed_dev_rows_of_another_language_name_another_training(draw, own_rows, tmp_path):
    before = training(draw_own(draw, **ORACLE)).id, training(draw_own(draw)).id
    write_row(tmp_path, "xqa/sw/dev", "another row")
    assert training(draw_own(draw, **ORACLE)).id != before[0]
    assert training(draw_own(draw)).id == before[1]


def test_the_language_of_training_is_no_other_language(draw, own_rows, tmp_path):
    write_row(tmp_path, "xqa/de/train")
    assert dev(draw_own(draw, train_lang="de", **ORACLE)) == ["xqa/dev/en", "xqa/dev/sw"]


@pytest.mark.parametrize("options", [ORACLE, COMPARED])
def test_a_language_without_a_dev_set_is_left_out_and_named(draw, own_rows, tmp_path, options):
    (tmp_path / "data/xqa/sw/dev.jsonl").unlink()
    plan = draw_own(draw, **options)
    assert list(map(str, plan.left_out)) == ["xqa dev sw"]
    assert "xqa/dev/de" in dev(plan)


@pytest.mark.parametrize("overrides", [ORACLE["overrides"], (*ORACLE["overrides"], *COMPARED["overrides"])])
def test_without_any_of_them_nothing_can_be_selected(draw, own_rows, tmp_path, overrides):
    for lang in ("de", "sw"):
        (tmp_path / f"data/xqa/{lang}/dev.jsonl").unlink()
    with pytest.raises(MissingError, match=r"xqa dev de: .*xqa.select = english-dev needs no such data") as caught:
        draw_own(draw, overrides=overrides)
    assert "xqa dev sw" in caught.value.what


def test_what_is_compared_without_other_languages_are_the_other_policies(draw, own_rows, tmp_path):
    for lang in ("de", "sw"):
        (tmp_path / f"data/xqa/{lang}/dev.jsonl").unlink()
    assert dev(draw_own(draw, **COMPARED)) == ["xqa/dev/en"]
    assert dev(draw_own(draw, langs=("en",), **COMPARED)) == ["xqa/dev/en"]


def test_a_run_without_other_languages_says_which_there_are(draw, own_rows):
    with pytest.raises(UsageError, match="no dev set in another language") as caught:
        draw_own(draw, langs=("en",), **ORACLE)
    assert caught.value.why == "It is trained in en, and the run tests en."
    assert caught.value.todo == "Name some of de, sw with --langs, or use --set xqa.select=english-dev."


def test_a_target_that_borrows_its_dev_set_says_whose(draw, all_rows):
    with pytest.raises(UsageError) as caught:
        draw("", "xqa", **ORACLE)
    assert caught.value.why == "The dev set, qa's, is in en."
    assert caught.value.todo == "Use --set xqa.select=english-dev."


def test_a_target_without_any_dev_set(draw, all_rows, tmp_path):
    write_row(tmp_path, "xqa/en/train")
    data = Files(("xqa/{lang}/{split}.jsonl",), {"train": "train", "test": "test"})
    with pytest.raises(UsageError) as caught:
        draw("", "xqa", tasks=(made_tasks.xqa(data=data, train_from=None),), **ORACLE)
    assert (caught.value.why, caught.value.todo) == ("xqa has no dev set.", "Use --set xqa.select=last.")


def test_an_intermediate_task_is_selected_by_english_and_not_compared(draw, own_rows):
    overrides = (*ORACLE["overrides"], "qa.select=target-dev", "qa.compare=true")
    plain, told = draw_own(draw, "qa", overrides=ORACLE["overrides"]), draw_own(draw, "qa", overrides=overrides)
    assert training(told, "intermediate").inputs.recipe["select"] == "english-dev"
    assert list(told.stages) == list(plain.stages)
