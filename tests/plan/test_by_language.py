"""An evaluation is made in the languages that the store lacks, and joined with those that it has."""

import pytest
from msgspec.structs import replace

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.spec import kinds


@pytest.fixture(autouse=True)
def _data(all_rows):
    pass


def draw_after(draw, earlier, **options):
    """Draw a plan on a store that has what another plan evaluates."""
    finished = {}
    for stage in earlier.stages.values():
        if stage.phase == "evaluate":
            finished.setdefault(stage.evaluation, []).append(stage)
    return draw("qa", "xqa", evaluated=finished, **options)


def evaluations(plan, inter="qa"):
    (cell,) = [cell for cell in plan.cells if cell.inter == inter]
    return cell.languages, [plan.stages[stage].inputs.languages for stage in cell.stages]


def test_another_language_is_evaluated_alone(draw):
    earlier = draw("qa", "xqa", langs=("en", "de"))
    plan = draw_after(draw, earlier)
    assert evaluations(plan) == evaluations(plan, "none") == (("en", "de", "sw"), [("en", "de"), ("sw",)])
    assert earlier.stages.keys() < plan.stages.keys()


def test_fewer_languages_need_no_stage(draw):
    earlier = draw("qa", "xqa")
    plan = draw_after(draw, earlier, langs=("de",))
    assert evaluations(plan) == (("de",), [("en", "de", "sw")])
    assert plan.stages.keys() == earlier.stages.keys()


def test_the_whole_again_needs_no_stage(draw):
    earlier = draw_after(draw, draw("qa", "xqa", langs=("sw",)))
    assert draw_after(draw, earlier).stages.keys() == earlier.stages.keys()


def test_a_stage_in_which_a_language_has_other_rows_is_not_used(draw, tmp_path):
    """Else one stage would have that language twice, and tables could show what was tested on the former rows."""
    earlier = draw("qa", "xqa")
    write_row(tmp_path, "xqa/de/test", "another row")
    assert evaluations(draw_after(draw, earlier)) == (("en", "de", "sw"), [("en", "de", "sw")])
    assert evaluations(draw_after(draw, earlier, langs=("en", "sw"))) == (("en", "sw"), [("en", "de", "sw")])


def test_a_language_whose_data_are_read_in_another_way_is_evaluated_again(draw):
    def tasks(reader):
        data = replace(made_tasks.data("xqa", "test"), reader=reader)
        return made_tasks.qa(), made_tasks.xqa(translated={"de": data})

    earlier = draw("qa", "xqa", tasks=tasks("first:read"))
    assert evaluations(draw_after(draw, earlier, tasks=tasks("second:read")))[1] == [("en", "de", "sw")]


def test_a_kind_that_is_not_known_may_search_all_languages_at_once():
    assert kinds.facts("sound-text").pooled


@pytest.mark.parametrize(
    "option", [{"limit_eval": 5}, {"overrides": ("xqa.epochs=9",)}, {"overrides": ("qa.epochs=9",)}]
)
def test_evaluations_that_differ_in_more_are_not_joined(draw, option):
    assert evaluations(draw_after(draw, draw("qa", "xqa", langs=("en", "de")), **option)) == (
        ("en", "de", "sw"),
        [("en", "de", "sw")],
    )


def test_what_is_searched_over_all_languages_is_whole(draw, monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "span", replace(kinds.KINDS["span"], pooled=True))
    assert evaluations(draw_after(draw, draw("qa", "xqa", langs=("en", "de"))))[1] == [("en", "de", "sw")]


def test_a_baseline_has_the_same_name_in_any_languages(draw):
    few, all_of_them = draw("qa", "xqa", langs=("de",)), draw("qa", "xqa")

    def named(plan):
        return {stage.purpose.baseline for stage in plan.stages.values() if stage.phase == "evaluate"}

    assert named(few) == named(all_of_them)
