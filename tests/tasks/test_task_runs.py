"""Whole runs over the sample data, through all heads."""

import pytest

import xh

LIMITS = {"limit_train": 8, "limit_eval": 4, "profile": "mini"}


def test_one_head_after_another(tmp_path):
    """Tagging with labels from the data, then every other kind of head on the same body."""
    targets = ["udpos", "pawsx", "mlqa"]
    results = xh.run(inter=["ccg"], target=targets, langs=["en", "zh"], runs=str(tmp_path), baseline=False, **LIMITS)
    assert {(row.target, row.lang) for row in results.rows} == {
        (task, lang) for task in targets for lang in ("en", "zh")
    }
    assert {row.metric for row in results.rows if row.main} == {"f1", "accuracy"}
    tagged = next(tmp_path.glob("stages/evaluate-udpos-*/predictions/udpos/test-zh.tsv")).read_text(encoding="utf-8")
    assert tagged.count("\n\n") == 3 and not tagged.startswith("\n") and "\n\n\n" not in tagged


@pytest.mark.parametrize("inter", ["commonsenseqa", "squad_v2"])
def test_an_intermediate_task_is_learnt(tmp_path, inter):
    results = xh.run(inter=[inter], target=["tatoeba"], langs=["de"], runs=str(tmp_path), baseline=False, **LIMITS)
    assert [(row.inter, row.lang) for row in results.rows] == [(inter, "de")]
