"""Candidates that are searched by every language are all read, whatever languages are tested."""

import pytest
from msgspec.structs import replace

from helpers.made_tasks import write_row
from xh.spec import Files, TaskSpec
from xh.spec.data import CANDIDATES, DataSplit

LANGUAGES = ("en", "de", "sw")


def ranking(place="pool/{lang}/{split}.jsonl"):
    data = Files(("r/{lang}/{split}.jsonl",), {"train": "train", "dev": "dev", "test": "test"})
    return TaskSpec(
        name="r", kind="rank", roles=("target",), languages=LANGUAGES, data=data, metric="map@20",
        pool=Files((place,), {CANDIDATES: "all"}),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _data(tmp_path):
    for lang in LANGUAGES:
        write_row(tmp_path, f"r/{lang}/test")
        write_row(tmp_path, f"pool/{lang}/all")
    for where in ("r/en/train", "r/en/dev", "pool/all"):
        write_row(tmp_path, where)


def evaluation(plan):
    (found,) = [stage for stage in plan.stages.values() if stage.phase == "evaluate"]
    return found


def candidates(plan):
    return evaluation(plan).inputs.languages_of("r", CANDIDATES)


def test_fewer_languages_have_the_same_candidates(draw):
    few, whole = (draw("none", "r", tasks=(ranking(),), **options) for options in ({"langs": ("de",)}, {}))
    assert evaluation(few).inputs.languages == ("de",)
    assert candidates(few) == candidates(whole) == ("de", "en", "sw")


def test_another_language_is_evaluated_alone_among_the_same_candidates(draw):
    few = evaluation(draw("none", "r", tasks=(ranking(),), langs=("de",)))
    plan = draw("none", "r", tasks=(ranking(),), evaluated={few.evaluation: [few]})
    stages = [stage for stage in plan.stages.values() if stage.phase == "evaluate"]
    assert [stage.inputs.languages for stage in stages] == [("de",), ("en", "sw")]
    assert stages[0].id == few.id and stages[1].inputs.languages_of("r", CANDIDATES) == ("de", "en", "sw")


def test_a_place_without_a_language_is_read_once(draw):
    assert candidates(draw("none", "r", tasks=(ranking("pool/{split}.jsonl"),))) == ("mul",)


def test_candidates_that_are_missing_are_named_and_others_change_the_stage(draw, tmp_path):
    whole = draw("none", "r", tasks=(ranking(),), langs=("de",))
    (tmp_path / "data/pool/sw/all.jsonl").unlink()
    plan = draw("none", "r", tasks=(ranking(),), langs=("de",))
    assert DataSplit("r", CANDIDATES, "sw") in plan.left_out and candidates(plan) == ("de", "en")
    assert evaluation(plan).evaluation != evaluation(whole).evaluation
    assert evaluation(plan).inputs.contents_in("de") != evaluation(whole).inputs.contents_in("de")


def test_a_task_without_a_pool_has_no_candidates():
    task = replace(ranking(), kind="classify", pool=None, labels=("a", "b"))
    assert task.splits == ("train", "dev", "test") and task.pool_languages == ()
