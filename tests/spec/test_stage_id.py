"""A stage is named by everything that can change its result, and by nothing else."""

import re

import msgspec
import pytest
from msgspec import defstruct
from msgspec.structs import replace

from xh.spec import Files, Hub, Inputs, Purpose, Stage, TaskSpec, Training, fingerprint, kinds
from xh.spec.method import AppliedMethod
from xh.spec.stage import flat

CHANGES = {
    "phase": "evaluate",
    "encoder": "sha256:89ab",
    "tasks": {},
    "languages": ("en", "fi"),
    "data": {"snow/train/en": "sha256:cdef"},
    "recipe": {"epochs": 3.0, "learning_rate": 5e-5},
    "parent": "intermediate-rain-000000000000",
    "with_head": True,
    "seed": 2,
    "limit_train": 16,
    "limit_eval": 8,
    "schema": 4,
    "methods": (AppliedMethod(name="xh-snow:salt"),),
    "models": {"snow.tower": "sha256:0"},
}
PURPOSES = {
    "inter": "rain",
    "target": None,
    "encoder": "org/x",
    "profile": "own",
    "data": "hub",
    "baseline": "evaluate-snow",
    "method": "salt",
    "step": "rain",
}
TASK = {
    "name": "sleet",
    "kind": "xh_snow.kind:Depth",
    "data": Files(paths=("{split}.jsonl",), splits={"train": "train", "test": "test"}),
    "metric": "xh_snow.metric:own",
    "columns": {"text_a": "sentence"},
    "labels": ("yes", "no"),
    "official": "snow2018",
    "train_languages": ("en", "fi"),
    "dist": "xh-weather",
    "translated": {"en": Files(paths=("mt.jsonl",), splits={"train": "train"})},
    "version": 2,
}
DESCRIPTION = {
    "title": "Snow",
    "licence": "CC0-1.0",
    "citation": "Frost 2018",
    "aliases": ("sleet",),
    "groups": ("weather",),
    "rows": {"train": 16},
    "reason": "it melts",
    "roles": ("target",),
    "languages": ("en", "fi", "sv"),
    "train_from": "rain",
    "recipe": {"epochs": 5.0},
    "variants": {"flakes": {"large": {}}},
    "translated": {"sv": Files(paths=("mt.jsonl",), splits={"train": "train"})},
}
LEARNING = {
    "learning_rate": 5e-5, "epochs": 2.0, "batch_size": 16, "warmup": 0.1, "weight_decay": 0.0, "clip": 1.0,
    "eval_every": 0, "select": "english-dev", "patience": 0, "compare": False, "precision": "auto",
    "bidirectional": False, "weights": "fp32", "adapter": "none", "lora_rank": 16, "lora_alpha": 32.0,
    "lora_dropout": 0.05, "activation_checkpointing": False, "optimizer": "adamw",
}  # fmt: skip
TRAINING = LEARNING | {"max_length": 128}
WINDOWS = {"max_length": 384, "stride": 128, "max_query": 64, "n_best": 20, "max_answer": 30}
TEXT = {"learning_rate": 1e-5, "epochs": 1.0, "max_length": 256, "lines": 10_000, "temperature": 3.33}
DEFAULTS = {
    ("classify", 1): TRAINING | {"pooling": "auto"},
    ("tag", 1): TRAINING,
    ("choice", 1): TRAINING | {"pooling": "auto"},
    ("span", 1): LEARNING | WINDOWS,
    ("mlm", 1): TRAINING | TEXT,
    ("mixture", 1): LEARNING | {"cap": None, "temperature": 1.0, "text_share": 0.5, "parts": {}},
    ("bitext", 1): {
        "layer": None, "pooling": "mean", "max_length": 512, "search": "nearest", "margin": "ratio", "strategy": "max",
        "k": 4, "threshold": "dev", "centred": False, "index": "exact", "precision": "auto",
        "bidirectional": False,
    },
    ("rank", 1): TRAINING | {
        "max_length": 256, "max_query": 96, "pooling": "mean", "group": 0, "hard_negatives": 1, "mask_equal": False,
        "temperature": None, "index": "exact",
    },
}  # fmt: skip
"""By kind and version of its code."""


def test_an_id_is_phase_task_and_twelve_hex(stage):
    assert re.fullmatch("target-snow-[0-9a-f]{12}", stage().id)
    assert stage(phase="evaluate").id.startswith("evaluate-snow-")


def test_the_same_inputs_give_the_same_id_whatever_their_order(stage, inputs):
    assert stage().id == stage(recipe=dict(reversed(inputs.recipe.items()))).id
    assert stage().id == stage(languages=["en"]).id


def test_an_id_survives_json(stage):
    made = stage(limit_eval=8)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Stage).id == made.id


def test_an_id_is_the_same_on_every_machine_and_in_every_version(stage):
    """If this fails, all that is in anybody's store will be made anew. Where that is meant, write the new id here."""
    assert stage().id == "target-snow-84ddb8a70db4"


@pytest.mark.parametrize("name", Inputs.__struct_fields__)
def test_every_input_changes_the_id(stage, name):
    assert stage(**{name: CHANGES[name]}).id.split("-")[-1] != stage().id.split("-")[-1]


@pytest.mark.parametrize("name", TASK)
def test_the_tasks_record_changes_the_id(stage, fields, name):
    assert (
        stage(tasks={"train": TaskSpec(**(fields | {name: TASK[name]}))}).id
        != stage(tasks={"train": TaskSpec(**fields)}).id
    )


@pytest.mark.parametrize("name", DESCRIPTION)
def test_what_only_describes_a_task_does_not(stage, fields, name):
    described = TaskSpec(**(fields | {name: DESCRIPTION[name]}))
    assert stage(tasks={"train": described}).id == stage(tasks={"train": TaskSpec(**fields)}).id


def test_where_a_data_set_lies_does_not(stage, fields):
    def of(repository: str, revision: str, **other: str) -> str:
        source = Hub(repository, revision, {"train": "train", "test": "test"}, **other)
        return stage(tasks={"train": TaskSpec(**(fields | {"data": source}))}).id

    assert of("org/snow", "main") == of("snow", "0" * 40)
    assert of("org/snow", "main") != of("org/snow", "main", config="deep")


def test_the_code_of_a_language_that_is_not_read_does_not(stage, fields):
    def of(**codes: str) -> str:
        source = Hub("org/snow", "main", {"train": "train", "test": "test"}, config="{lang}", codes=codes)
        return stage(tasks={"train": TaskSpec(**(fields | {"data": source}))}).id

    assert of(en="eng") == of(en="eng", fi="fin") != of(en="english")


def test_a_setting_with_its_kinds_default_does_not(stage):
    """So one that a later xh adds renames nothing, and one that is added and changed does."""
    assert stage(recipe={}).id == stage(recipe={"batch_size": 16, "learning_rate": 5e-5}).id
    assert stage(recipe={}).id != stage(recipe={"batch_size": 8}).id
    assert stage(recipe={}).id != stage(recipe={"own": 1}).id


def test_a_setting_that_names_a_further_model_counts_by_what_that_is(stage, monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "classify", replace(kinds.KINDS["classify"], models=("pooling",)))
    one, other = ({"recipe": {"pooling": name}, "models": {"snow.pooling": "sha256:0"}} for name in ("org/x", "y"))
    assert stage(**one).id == stage(**other).id
    assert stage(**one).id != stage(**(one | {"models": {"snow.pooling": "sha256:1"}})).id


def test_the_same_holds_for_a_mixtures_tasks(stage, fields):
    part = TaskSpec(**(fields | {"roles": ("intermediate",)}))
    mixture = {"kind": "mixture", "parts": (part,), "data": (), "labels": (), "roles": ("intermediate",)}
    tasks = {"train": TaskSpec(**(fields | mixture))}

    def of(**settings: object) -> str:
        return stage(tasks=tasks, recipe={"parts": {"snow": settings}}).id

    assert of() == of(max_length=128) != of(max_length=64)


def test_a_new_defaulted_field_of_a_recipe_renames_nothing(stage, monkeypatch):
    before = stage(recipe=msgspec.to_builtins(Training())).id
    later = defstruct("Training", [("packing", bool, False)], bases=(Training,), frozen=True, kw_only=True)
    monkeypatch.setitem(kinds.KINDS, "classify", replace(kinds.KINDS["classify"], recipe=later))
    fingerprint._defaults.cache_clear()
    try:
        assert stage(recipe=msgspec.to_builtins(later())).id == before
        assert stage(recipe=msgspec.to_builtins(later(packing=True))).id != before
    finally:
        fingerprint._defaults.cache_clear()


def test_the_version_of_a_kinds_code_changes_the_id(stage, monkeypatch):
    before = stage().id
    monkeypatch.setitem(kinds.KINDS, "classify", replace(kinds.KINDS["classify"], version=2))
    assert stage().id != before


@pytest.mark.parametrize("kind", [spec.name for spec in kinds.BUILT_IN])
def test_a_default_that_changes_raises_its_kinds_version(kind):
    """A new setting is written here; for another default of an old one KindFacts.version is raised as well."""
    facts = kinds.KINDS[kind]
    assert DEFAULTS[kind, facts.version] == msgspec.to_builtins(facts.settings())


@pytest.mark.parametrize("name", Purpose.__struct_fields__)
def test_no_purpose_changes_the_id(stage, purpose, name):
    assert PURPOSES[name] != getattr(purpose, name)
    assert stage(purpose=replace(purpose, **{name: PURPOSES[name]})).id == stage().id


def test_flat_names_every_leaf(inputs):
    found = flat(inputs)
    assert found["recipe.epochs"] == 2.0
    assert found["tasks.train.data.splits.test"] == "test"
    assert list(found["languages"]) == ["en"]
    assert found["parent"] is None


def test_flat_shows_which_field_differs(stage):
    old, new = flat(stage().inputs), flat(stage(recipe={"epochs": 3.0, "learning_rate": 5e-5}).inputs)
    assert {name for name in old | new if old.get(name) != new.get(name)} == {"recipe.epochs"}


def test_flat_of_a_plain_value_is_itself():
    assert flat({"a": {"b": 1, "c": [2, 3]}, "d": {}}) == {"a.b": 1, "a.c": [2, 3]}


def stage_named(stage, fields, dist: str, name: str) -> Stage:
    """A stage of a distribution's task, by the name that it bears in a run."""
    langs = tuple(filter(None, [name.partition("@")[2]]))
    own = TaskSpec(**(fields | {"name": name, "dist": dist, "train_languages": langs}))
    return replace(stage(tasks={"train": own}, data={f"{name}/train/en": "sha256:4567"}), task=name)


def test_a_clash_of_names_renames_no_stage(stage, fields):
    assert stage_named(stage, fields, "xh-cold", "snow").id == stage_named(stage, fields, "xh-cold", "xh-cold:snow").id
    assert (
        stage_named(stage, fields, "xh-cold", "snow@de").id
        == stage_named(stage, fields, "xh-cold", "xh-cold:snow@de").id
    )
    assert stage_named(stage, fields, "xh-cold", "snow").id.startswith("target-snow-")


def test_tasks_of_one_name_are_as_many_as_distributions(stage, fields):
    assert len({stage_named(stage, fields, dist, "snow").id for dist in ("", "xh-cold", "xh-warm")}) == 3


def test_a_clash_renames_no_mixture_either(stage, fields):
    def mixed(name: str) -> Stage:
        parts = (TaskSpec(**(fields | {"name": name, "dist": "xh-cold"})), TaskSpec(**(fields | {"name": "rain"})))
        mixture = {"name": f"{name}+rain", "kind": "mixture", "labels": (), "parts": parts, "data": ()}
        mixture |= {"columns": {}, "roles": ("intermediate",)}
        values = {"parts": {name: {"max_length": 64}, "rain": {}}}
        made = stage(tasks={"train": TaskSpec(**(fields | mixture))}, data={f"{name}/train/en": "1"}, recipe=values)
        return replace(made, task=f"{name}+rain")

    assert mixed("snow").id == mixed("xh-cold:snow").id


def test_a_test_language_more_names_no_training_anew(stage, fields):
    more = TaskSpec(**(fields | {"languages": ("en", "fi", "sw")}))
    assert stage(tasks={"train": more, "dev": more}).id == stage().id


def test_where_a_methods_files_are_does_not_change_the_id_and_what_they_hold_does(stage):
    def of(place: str, content: str) -> str:
        applied = AppliedMethod(name="xh-salt:salt", files={"words": place}, contents={"words": content})
        return stage(methods=(applied,)).id

    assert of("/a", "sha256:1") == of("/b", "sha256:1") != of("/a", "sha256:2")
