"""Studies as requests: what is typed replaces what the study says, and all built-in ones can be planned."""

import msgspec
import pytest

from xh.data.places import Places, places
from xh.mini import SAMPLE
from xh.plan import Request, build
from xh.plan.studies import all_studies, requests, study
from xh.plugins import registry
from xh.spec import StudySpec, UsageError

MADE = StudySpec(
    name="made",
    title="a study",
    question="Does it?",
    options={"inter": "mnli", "target": ["xnli"], "model": ["a", "b"], "limit-eval": "10%", "set": {"xnli.epochs": 1}},
    arms=({}, {"train-lang": "each", "inter": ["none"]}),
    small={"target": ["pawsx"], "vary": {"limit-intermediate": ["1%", 100]}},
)


def test_options_are_those_of_run():
    first, second = requests(MADE, {})
    assert first == Request(
        inter=("mnli",), target=("xnli",), vary={"model": ("a", "b")}, limit_eval=0.1, overrides={"xnli": {"epochs": 1}}
    )
    assert (second.inter, second.train_lang) == (("none",), "each")


def test_what_is_typed_replaces_an_option_and_an_axis():
    first, _ = requests(MADE, {"model": "c", "inter": ("squad",), "langs": ("de",), "data": Places("sample")})
    assert (first.model, first.vary, first.inter, first.langs) == ("c", {}, ("squad",), ("de",))
    varied, _ = requests(MADE, {"vary": {"model": ("d", "e")}})
    assert varied.vary == {"model": ("d", "e")}


def test_with_profile_mini_it_is_small_and_on_the_profiles_encoder():
    first, _ = requests(MADE, {"profile": "mini"})
    assert (first.profile, first.model, first.target) == ("mini", None, ("pawsx",))
    assert first.vary == {"limit-intermediate": (0.01, 100)}


def test_an_option_that_does_not_fit_is_said():
    with pytest.raises(UsageError, match="option in study made 'targets'"):
        requests(msgspec.structs.replace(MADE, options={"targets": ["xnli"]}), {})
    with pytest.raises(UsageError, match="Study made has an option that does not fit"):
        requests(msgspec.structs.replace(MADE, options={"target": ["xnli"], "inter": [1]}), {})


@pytest.mark.parametrize("name", ["inter", "limit-eval", "set", "data", "vary", "seeds"])
def test_an_option_that_is_another_thing_altogether_is_said(name):
    options = {"target": ["xnli"], name: 3.5 if name == "limit-eval" else [[3]] if name == "set" else 3}
    with pytest.raises(UsageError):
        requests(msgspec.structs.replace(MADE, options=options), {})


def test_a_study_without_arms_has_one():
    (only,) = requests(msgspec.structs.replace(MADE, arms=()), {})
    assert only.inter == ("mnli",)


@pytest.mark.parametrize("name", sorted(name for name, claim in registry().studies if claim.dist == "xh"))
def test_a_built_in_study_can_be_planned_small(name, tmp_path):
    plan = build(requests(study(name, registry()), {"profile": "mini", "runs": str(tmp_path)}), registry())
    assert plan.cells
    assert {cell.inter for cell in plan.cells} > {"none"}


@pytest.mark.parametrize("name", sorted(name for name, claim in registry().studies if claim.dist == "xh"))
def test_a_built_in_study_names_real_models_and_tasks(name, tmp_path):
    licensed = {"data": places(f"hub,ccg={SAMPLE / 'local/ccg'}")} if name == "phang2020" else {}
    given = {"runs": str(tmp_path), "offline": True} | licensed
    assert build(requests(study(name, registry()), given), registry()).cells


def test_tasks_toml_may_have_studies(tmp_path, monkeypatch):
    (tmp_path / "tasks.toml").write_text(
        '[studies.sizes]\nquestion = "How many rows?"\nviews = ["curve"]\n'
        '[studies.sizes.options]\ninter = ["mnli"]\ntarget = ["xnli"]\n'
        '[studies.sizes.options.vary]\nlimit-intermediate = ["10%", "100%"]\n'
    )
    monkeypatch.chdir(tmp_path)
    found = study("sizes", registry())
    assert (found.title, found.views) == ("sizes", ("curve",))
    assert requests(found, {})[0].vary == {"limit-intermediate": (0.1, 1.0)}
    assert "data-size" in all_studies(registry())


def test_a_mistyped_study_is_said(tmp_path, monkeypatch):
    (tmp_path / "tasks.toml").write_text('[studies.sizes]\nquestion = "?"\nview = ["curve"]\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"\[studies.sizes\] is invalid"):
        study("sizes", registry())
    with pytest.raises(UsageError, match=r"(?s)no study 'data-siez'.*data-size"):
        monkeypatch.chdir(tmp_path.parent)
        study("data-siez", registry())


def test_what_a_study_sets_of_an_intermediate_task_falls_away_with_it():
    arms = ({}, {"inter": ["snli"], "set": {"snli.epochs": 1}})
    made = msgspec.structs.replace(MADE, options=MADE.options | {"inter": ["mnli", "snli"]}, arms=arms)
    assert [each.overrides for each in requests(made, {})] == [{"xnli": {"epochs": 1}}, {"snli": {"epochs": 1}}]
    (only, other) = requests(made, {"inter": ("mnli",)})
    assert (only.overrides, other.overrides) == ({"xnli": {"epochs": 1}}, {})
    mixed = requests(made, {"inter": ("squad+snli",)})
    assert mixed[1].overrides == {"snli": {"epochs": 1}}


def test_what_is_typed_of_an_intermediate_task_is_for_the_arms_that_have_it():
    arms = ({"inter": ["squad+mnli"]}, {"inter": ["none"], "train-lang": "each"})
    spec = StudySpec(name="s", title="t", question="q", options={"target": ["xnli"]}, arms=arms, views=("table",))
    settings = {name: {"epochs": 1} for name in ("squad", "xnli", "unknown")}
    found = [each.overrides for each in requests(spec, {"overrides": settings})]
    assert found == [settings, {name: settings[name] for name in ("xnli", "unknown")}]
