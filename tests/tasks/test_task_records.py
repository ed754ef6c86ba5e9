"""What the built-in records say, against the benchmark's own tables."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from xh.plan.recipes import resolve
from xh.plan.settings import Profile, packaged, profile, read
from xh.plan.variants import varied
from xh.plugins import registry
from xh.spec import Hub, TaskSpec
from xh.spec.data import Source

XTREME = {
    "xnli": 15, "pawsx": 7, "udpos": 33, "panx": 40, "xquad": 11, "mlqa": 7, "tydiqa": 9, "bucc": 4, "tatoeba": 36,
}  # fmt: skip
CODES = """
af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi yo zh
"""
LANGUAGES = {*CODES.split()}


def all_sources(task: TaskSpec) -> Iterator[Source]:
    """Those of a record, of its translations and of its variants."""
    choices = [{task.name: {name: choice}} for name, choices in task.variants.items() for choice in choices]
    for each in (task, *(varied(task, Profile(), chosen) for chosen in choices)):
        yield from each.all_sources


def test_the_nine_targets_have_their_languages(tasks):
    members = {name: task for name, task in tasks.items() if "xtreme" in task.groups}
    assert {name: len(set(task.languages)) for name, task in members.items()} == XTREME
    assert all(set(task.languages) <= LANGUAGES for task in members.values())
    assert set(members["panx"].languages) == LANGUAGES


def test_targets_have_xtremes_folder_names(tasks):
    folders = {task.folder for task in tasks.values() if "xtreme" in task.groups}
    assert folders == {*XTREME} - {"bucc"} | {"bucc2018"}


def test_the_papers_intermediate_tasks_are_a_group(tasks):
    members = {name for name, task in tasks.items() if "phang2020" in task.groups}
    assert members >= {
        "anli_plus", "mnli", "qqp", "squad", "squad_v2", "hellaswag", "ccg", "cosmosqa", "commonsenseqa",
    }  # fmt: skip
    assert all(tasks[name].roles == ("intermediate",) for name in members)


def test_anli_plus_is_snli_and_mnli_and_anli(tasks):
    parts = [tasks[name] for name in ("snli", "mnli", "anli")]
    assert tasks["anli_plus"].sources == tuple(source for part in parts for source in part.sources)
    totals = {split: sum(part.rows[split] for part in parts) for split in ("train", "dev")}
    assert tasks["anli_plus"].rows == totals
    assert not tasks["snli"].groups and not tasks["anli"].groups


def test_every_record_says_what_it_is_whose_and_under_which_licence(tasks, name):
    task = tasks[name]
    assert task.title and task.licence and task.citation
    for source in task.sources:
        if isinstance(source, Hub):
            assert not {field for _, field, _, _ in string.Formatter().parse(source.config or "") if field} - {"lang"}
            assert set(source.codes) <= set(task.languages)
    assert set(task.rows) <= set(task.splits)
    for count in task.rows.values():
        assert isinstance(count, int) or set(count) == set(task.languages)


def test_the_tasks_of_xtreme_r_that_there_are(tasks):
    members = {name for name, task in tasks.items() if "xtreme-r" in task.groups}
    names = {"xnli", "xcopa", "udpos_xr", "panx_xr", "xquad_xr", "mlqa", "tydiqa", "tatoeba_xr"}
    assert members == names | {"lareqa", "mewslix"}


EXTRA = {
    "udpos": ("lt", "pl", "ro", "uk", "wo"),
    "panx": ("az", "gu", "lt", "pa", "pl", "qu", "ro", "uk"),
    "tatoeba": ("az", "lt", "pl", "ro", "uk"),
    "xquad": ("ro",),
}


@pytest.mark.parametrize("base", EXTRA)
def test_xtreme_rs_editions_have_the_same_data_and_more_languages(tasks, base):
    own, edition = tasks[base], tasks[f"{base}_xr"]
    assert edition.folder == own.folder == base
    assert {*edition.languages} == {*own.languages, *EXTRA[base]}
    for split in edition.splits:
        shared = own.languages if split == "test" else ("en",)
        assert all(edition.sources_of(split, lang)[0].id == own.sources_of(split, lang)[0].id for lang in shared)
    fields = ("kind", "columns", "labels", "metric", "recipe")
    assert all(getattr(own, field) == getattr(edition, field) for field in fields)
    for lang, rows in own.rows["test"].items() if isinstance(own.rows.get("test"), dict) else ():
        assert edition.rows["test"][lang] == rows


def test_the_new_languages_of_udpos_are_of_ud_2_7(tasks):
    task = tasks["udpos_xr"]
    paths = {lang: task.sources_of("test", lang)[0] for lang in ("lt", "wo")}
    assert {source.paths[0].partition("/")[0] for source in paths.values()} == {"ud-treebanks-v2.7"}
    official = varied(task, Profile(), {"udpos_xr": {"source": "conllu"}})
    assert official.sources_of("test", "de")[0].paths[0].startswith("ud-treebanks-v2.5/") and official.reason is None
    assert official.sources_of("test", "lt") == task.sources_of("test", "lt")


def test_tatoeba_of_xtreme_r_is_tested_after_squad(tasks):
    assert tasks["tatoeba_xr"].steps == ("squad",) and tasks["xcopa"].steps == ("siqa", "copa")
    values = resolve(tasks["squad"], profile("xtreme-r2021"), {}).values
    assert (values["learning_rate"], values["epochs"], values["batch_size"], values["max_length"]) == (3e-5, 2, 32, 384)


def test_lareqa_has_as_many_candidates_as_published(tasks):
    assert sum(tasks["lareqa"].rows["candidates"].values()) == 13_014
    assert len(tasks["lareqa"].languages) * tasks["lareqa"].rows["test"] == 13_090


WITHOUT_COMMIT = {"AKCIT/coco2017-captioning", "AnyModal/flickr30k"}
"""Of these no full commit is known: a plan looks up the one that ``main`` is at, and names its stages by that."""


def test_no_record_names_a_branch(tasks, name):
    for source in all_sources(tasks[name]):
        if isinstance(source, Hub) and source.id not in WITHOUT_COMMIT:
            assert re.fullmatch(r"[0-9a-f]{40}", source.revision), f"{source.id} at {source.revision}"


UNPINNED = {
    *("eurobert-2.1b", "eurobert-610m", "glot500-base", "llama-3.1-8b", "llama-3.2-1b", "llama-3.2-3b", "mmbert-small"),
    *("mt5-base", "mt5-large", "mt5-small", "mt5-xl", "mt5-xxl", "qwen3-0.6b", "qwen3-1.7b", "qwen3-4b", "qwen3-8b"),
    "xlm-v-base",
}
"""Encoders of which no commit is known here; a plan looks up the one of today and names it."""


def test_no_built_in_encoder_names_a_branch():
    encoders = [claim.record for _, claim in registry().encoders if claim.dist == "xh"]
    assert {encoder.name for encoder in encoders} >= {"mini", "xlm-roberta-base", "xlm-roberta-large"}
    for encoder in encoders:
        pinned = Path(encoder.source).is_dir() or re.fullmatch(r"[0-9a-f]{40}", encoder.revision or "")
        assert pinned or (encoder.name in UNPINNED and encoder.revision is None)


@pytest.mark.parametrize("which", read(packaged()))
def test_every_recipe_can_be_resolved(tasks, name, which):
    assert resolve(tasks[name], profile(which), {}).values


def test_the_profiles_of_the_papers_have_their_learning_rates(tasks):
    rates = {
        (which, name): resolve(tasks[name], profile(which), {}).values["learning_rate"]
        for which in ("phang2020", "xtreme2020")
        for name in ("xnli", "panx", "xquad")
    }
    assert {rate for (which, _), rate in rates.items() if which == "phang2020"} == {1e-5}
    assert [rates["xtreme2020", name] for name in ("xnli", "panx", "xquad")] == [2e-5, 2e-5, 3e-5]


def test_the_rows_of_the_languages_add_up(tasks):
    totals = {name: sum(tasks[name].rows["test"].values()) for name in ("mlqa", "tydiqa")}
    assert totals == {"mlqa": 42_245, "tydiqa": 5_077}
    assert sum(tasks["tydiqa"].rows["train"].values()) == 49_881
