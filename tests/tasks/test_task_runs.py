"""Whole runs over the sample data, through all heads."""

import pytest

import xh
from helpers.running import worker_here


@pytest.fixture
def small(tiny):
    """What makes a run small, its worker being in this process."""
    with worker_here():
        yield {"limit_train": 8, "limit_eval": 4, "profile": "mini", "model": tiny}


def test_one_head_after_another(tmp_path, small):
    """Tagging with labels from the data, then every other kind of head on the same body."""
    targets = ["udpos", "pawsx", "mlqa"]
    results = xh.run(inter=["ccg"], target=targets, langs=["en", "zh"], runs=str(tmp_path), baseline=False, **small)
    assert {(row.target, row.lang) for row in results.rows} == {
        (task, lang) for task in targets for lang in ("en", "zh")
    }
    assert {row.metric for row in results.rows if row.main} == {"f1", "accuracy"}
    tagged = next(tmp_path.glob("stages/evaluate-udpos-*/predictions/udpos/test-zh.tsv")).read_text(encoding="utf-8")
    assert tagged.count("\n\n") == 3 and not tagged.startswith("\n") and "\n\n\n" not in tagged


@pytest.mark.parametrize("inter", ["commonsenseqa", "squad_v2"])
def test_an_intermediate_task_is_learnt(tmp_path, small, inter):
    results = xh.run(inter=[inter], target=["tatoeba"], langs=["de"], runs=str(tmp_path), baseline=False, **small)
    assert [(row.inter, row.lang) for row in results.rows] == [(inter, "de")]


def test_policies_of_selection_are_compared_out_of_one_training(tmp_path, small):
    overrides = {"xnli.compare": True, "xnli.epochs": 3, "xnli.learning_rate": 1e-3}
    request = {"target": ["xnli"], "langs": ["de", "tr"], "runs": str(tmp_path), "keep": "all"}
    results = xh.run(**request | small | {"limit_train": 32}, overrides=overrides)
    assert [choice.policy for choice in results.policies] == ["english-dev", "target-dev", "last"]
    shown, oracle, _ = results.policies
    assert shown.shown and shown.values == {row.lang: row.value for row in results.rows}
    assert oracle.oracle and oracle.dev["target-dev"].keys() == {"mean", "de"}
    models = [path.name for path in tmp_path.glob("stages/target-*/model*")]
    assert len(models) == len({choice.step for choice in results.policies})
    (evaluation,) = tmp_path.glob("stages/evaluate-xnli-*")
    assert (evaluation / "log.jsonl").read_text().count("the model after step") == len(models) - 1


def test_xcopa_is_learnt_in_two_steps(tmp_path, small):
    request = {"inter": ["siqa"], "target": ["xcopa"], "langs": ["it"], "runs": str(tmp_path), "baseline": False}
    results = xh.run(**request | small, overrides={"xcopa.epochs": 1})
    assert [(row.inter, row.target, row.lang) for row in results.rows] == [("siqa", "xcopa", "it")]
    names = [path.name.rpartition("-")[0] for path in tmp_path.glob("stages/*")]
    assert sorted(names) == ["evaluate-xcopa", "intermediate-siqa", "target-copa", "target-siqa"]
    told = [(each.phase, each.task) for each in results.appendix.recipes]
    assert told == [("intermediate", "siqa"), ("target", "siqa"), ("target", "copa")]


def test_few_questions_are_asked_of_all_candidates(tmp_path, small):
    overrides = {"lareqa.select": "last", "lareqa.max_length": 32}
    request = {"inter": ["none"], "target": ["lareqa"], "langs": ["zh"], "runs": str(tmp_path)}
    (row,) = xh.run(**request | small, overrides=overrides).rows
    assert (row.lang, row.n, row.protocol["candidates"]) == ("zh", 4, 416)
    assert row.protocol["candidate_languages"] == "ar,de,en,es,hi,ru,th,zh"
    (found,) = tmp_path.glob("stages/evaluate-lareqa-*/predictions/lareqa/test-zh.jsonl")
    assert [line.count(",") for line in found.read_text().splitlines()] == [19] * 4
