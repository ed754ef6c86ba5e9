"""What was typed, looked up: every error names the word that does not fit."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import registry_of
from xh.data.places import Places
from xh.plan import Request
from xh.plan.recipes import parse_overrides
from xh.plan.resolution import resolve
from xh.spec import UnavailableError, UsageError


def look_up(monkeypatch, inter, target, **options):
    """What intermediate tasks, targets and options mean, over the made tasks."""
    tasks = made_tasks.qa(), made_tasks.qa("qa2"), made_tasks.xqa(), made_tasks.pairs(aliases=("mined",))
    options = {"model": "mini"} | options | {"overrides": parse_overrides(options.get("overrides", ()))}
    request = Request(inter=tuple(inter.split()), target=tuple(target.split()), **options)
    return resolve(request, registry_of(monkeypatch, *tasks))


def names(inters):
    return [task.name if task else "none" for task in inters]


def test_the_baseline_is_in_every_run_once(monkeypatch):
    assert names(look_up(monkeypatch, "qa", "xqa").inters) == ["none", "qa"]
    assert names(look_up(monkeypatch, "qa none qa", "xqa").inters) == ["none", "qa"]
    assert names(look_up(monkeypatch, "", "xqa").inters) == ["none"]


def test_no_baseline_leaves_it_out(monkeypatch):
    assert names(look_up(monkeypatch, "qa", "xqa", baseline=False).inters) == ["qa"]
    with pytest.raises(UsageError, match="there is nothing to run"):
        look_up(monkeypatch, "", "xqa", baseline=False)


def test_targets_by_name_alias_group_and_distribution(monkeypatch):
    for word in ("pairs", "mined", "searched", "xh-made:pairs", "pairs mined searched"):
        ((task, langs),) = look_up(monkeypatch, "", word).targets
        assert (task.name, langs) == ("pairs", ("de", "fr"))
    assert [task.name for task, _ in look_up(monkeypatch, "", "all").targets] == ["pairs", "xqa"]


def test_each_target_gets_those_of_the_languages_that_it_has(monkeypatch):
    targets = look_up(monkeypatch, "", "xqa pairs", langs=("de", "sw")).targets
    assert [(task.name, langs) for task, langs in targets] == [("xqa", ("de", "sw")), ("pairs", ("de",))]


def test_of_several_targets_one_without_any_of_the_languages_is_left_out(monkeypatch):
    found = look_up(monkeypatch, "", "xqa pairs", langs=("sw",))
    assert [(target.task.name, target.langs) for target in found.targets] == [("xqa", ("sw",))]
    assert found.untested == ("pairs",)


def test_where_no_target_has_any_of_the_languages_that_is_an_error(monkeypatch):
    with pytest.raises(UsageError, match="Target 'pairs' has none of the languages low") as caught:
        look_up(monkeypatch, "", "pairs", langs=("low",))
    assert "de, fr" in caught.value.todo


def test_a_language_that_no_target_has_is_an_error(monkeypatch):
    with pytest.raises(UsageError, match="There is no language 'xx'"):
        look_up(monkeypatch, "", "xqa", langs=("de", "xx"))


def test_an_unknown_task_gets_the_nearest(monkeypatch):
    with pytest.raises(UnavailableError, match="'xqq'") as caught:
        look_up(monkeypatch, "qa", "xqq")
    assert caught.value.exit_code == 3
    assert "'xqa'" in str(caught.value)


@pytest.mark.parametrize(
    ("inter", "target", "what"),
    [
        ("xqa", "pairs", "'xqa' is not an intermediate task"),
        ("qa", "qa", "'qa' is not a target task"),
        ("qa", "", "No target is named"),
        ("qa", "none", "'none' is not a target"),
        ("qa+xqa", "pairs", "'xqa' is not an intermediate task"),
        ("qa@de", "pairs", "'qa' has no training data in de"),
    ],
)
def test_words_in_the_wrong_place(monkeypatch, inter, target, what):
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, inter, target)
    assert what in caught.value.what


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda1", ""])
def test_what_is_no_device(monkeypatch, device):
    with pytest.raises(UsageError, match=f"--device '{device}' is not a device") as caught:
        look_up(monkeypatch, "", "xqa", device=device)
    assert "cuda:N" in caught.value.todo


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"limit_train": 0}, "--limit-train 0 leaves no rows"),
        ({"limit_eval": -1}, "--limit-eval -1 leaves no rows"),
        ({"limit_eval": 1.5}, "--limit-eval 1.5 is not a share"),
        ({"seeds": ()}, "--seeds takes whole numbers"),
        ({"seeds": (1, -1)}, "--seeds takes whole numbers"),
    ],
)
def test_numbers_that_make_no_sense(monkeypatch, options, what):
    with pytest.raises(UsageError, match=what):
        look_up(monkeypatch, "qa", "xqa", **options)


def test_an_override_of_a_task_that_is_not_in_the_run_is_an_error(monkeypatch):
    assert look_up(monkeypatch, "", "mined", overrides=("mined.k=2",)).overrides == {"pairs": {"k": 2}}
    with pytest.raises(UsageError, match="'qa' is not part of this run") as caught:
        look_up(monkeypatch, "", "xqa", overrides=("qa.epochs=1",))
    assert "Its tasks: xqa." in caught.value.todo


def test_a_setting_without_a_task_gets_the_tasks_that_have_it(monkeypatch):
    with pytest.raises(UsageError, match="--set epochs=3 names no task") as caught:
        look_up(monkeypatch, "qa", "xqa pairs", overrides=("epochs=3",))
    assert caught.value.todo == "Use --set qa.epochs=3 or --set xqa.epochs=3."
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, "qa", "xqa", overrides=("epoch=3",))
    assert "Did you mean 'epochs'?" in caught.value.why


def test_a_mixtures_tasks_keep_their_own_settings_only(monkeypatch):
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, "qa+qa2", "pairs", overrides=("max_length=64",))
    assert caught.value.todo == "Use --set qa.max_length=64 or --set qa2.max_length=64 or --set pairs.max_length=64."
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, "qa+qa2", "pairs", overrides=("epochs=1",))
    assert caught.value.todo == "Use --set qa+qa2.epochs=1."


@pytest.mark.parametrize("word", ["german", "German", "DE"])
def test_a_language_by_its_name_gets_its_code(monkeypatch, word):
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, "", "xqa", langs=(word,))
    assert caught.value.why == "Did you mean 'de' (German)?"
    with pytest.raises(UsageError) as caught:
        look_up(monkeypatch, "qa@english", "xqa")
    assert "Did you mean 'en' (English)?" in caught.value.why


def test_the_encoder_and_the_data_are_the_profiles_unless_said(monkeypatch):
    default = look_up(monkeypatch, "", "xqa", model=None)
    assert (default.encoder, default.data) == ("mini", "sample")
    own = look_up(monkeypatch, "", "xqa", model="some/encoder")
    assert (own.encoder, own.data, own.profile.recipes) == ("some/encoder", "hub", {})
    assert look_up(monkeypatch, "", "xqa", data=Places("elsewhere")).data == "elsewhere"


def test_a_profile_without_an_encoder_needs_a_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.toml").write_text("[profiles.bare]")
    with pytest.raises(UsageError, match="No encoder is named"):
        look_up(monkeypatch, "", "xqa", profile="bare", model=None)


def test_a_section_of_the_profile_that_no_task_or_kind_has(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.toml").write_text("[profiles.mine.recipes.spam]\nepochs = 1")
    with pytest.raises(UsageError, match=r"There is no kind or task .*recipes\.spam\]") as caught:
        look_up(monkeypatch, "", "xqa", profile="mine")
    assert "'span'" in caught.value.why
