"""Settings that change a task's record: other languages, other data."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.plan.recipes import resolve
from xh.plan.settings import Profile
from xh.plan.variants import varied
from xh.spec import Files, UsageError

OTHER = {"languages": ("fr",), "data": Files(("other/{lang}*.jsonl",), {"test": "test"}), "reason": "another copy"}
VARIANTS = {"copy": {"old": {}, "new": OTHER}}


@pytest.fixture
def tasks():
    return made_tasks.qa(), made_tasks.xqa(variants=VARIANTS)


def test_the_first_choice_is_the_default_and_shows_among_the_settings(tasks):
    _, task = tasks
    assert varied(task, Profile(), {}) == task
    found = resolve(task, Profile(), {})
    assert (found.values["copy"], found.origins["copy"]) == ("old", "task record")


def test_a_choice_replaces_fields_of_the_record(tasks):
    _, task = tasks
    changed = varied(task, Profile(), {"xqa": {"copy": "new"}})
    assert {name: getattr(changed, name) for name in OTHER} == OTHER
    assert changed.columns == task.columns and changed.name == task.name


def test_a_profile_chooses_too_and_set_wins(tasks):
    _, task = tasks
    profile = Profile(recipes={"xqa": {"copy": "new"}})
    assert varied(task, profile, {}).reason == "another copy"
    assert varied(task, profile, {"xqa": {"copy": "old"}}).reason is None


def test_an_unknown_choice_names_those_there_are(tasks):
    _, task = tasks
    with pytest.raises(UsageError, match=r"There is no xqa.copy 'knew'") as caught:
        varied(task, Profile(), {"xqa": {"copy": "knew"}})
    assert (caught.value.why, caught.value.todo) == ("Did you mean 'new'?", "Known: new, old.")


def test_a_plan_reads_the_chosen_data_in_the_chosen_languages(tasks, draw, all_rows, tmp_path):
    write_row(tmp_path, "other/fr-1")
    write_row(tmp_path, "other/fr-2")
    plain, changed = (draw("", "xqa", tasks, overrides=words) for words in ((), ("xqa.copy=new",)))
    (old,), (new,) = ([s for s in plan.stages.values() if s.phase == "evaluate"] for plan in (plain, changed))
    assert (old.inputs.languages, new.inputs.languages) == (("en", "de", "sw"), ("fr",))
    assert new.inputs.tasks["test"].reason == "another copy"
    assert new.inputs.recipe["copy"] == "new"
    assert new.id != old.id
    write_row(tmp_path, "other/fr-2", "another row")
    (again,) = [s for s in draw("", "xqa", tasks, overrides=("xqa.copy=new",)).stages.values() if s.phase == "evaluate"]
    assert again.id != new.id


def test_languages_of_the_other_choice_are_not_known(tasks, draw, all_rows):
    with pytest.raises(UsageError, match="There is no language 'fr'"):
        draw("", "xqa", tasks, langs=("fr",))


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        ({"copy": {}}, "variant 'copy' has no choices"),
        ({"copy": {"new": {"lang": "de"}}}, "variant 'copy' can't replace lang by 'new'"),
        ({"copy": {"new": {"name": "x"}}}, "variant 'copy' can't replace name by 'new'"),
    ],
)
def test_variants_that_can_not_be_are_refused(variants, problem):
    with pytest.raises(ValueError, match=problem):
        made_tasks.xqa(variants=variants)
