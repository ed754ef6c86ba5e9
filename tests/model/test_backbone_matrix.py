"""Every kind on every architecture through whole runs: trained, handed on, trained, read again, evaluated.

A few always; all where ``XH_BACKBONES`` is set, which takes some minutes: to the name of a file for the table.
"""

import math
import os
from pathlib import Path

import pytest

import xh
from helpers.backbones import BACKBONES, DECODERS, HALVES
from helpers.running import worker_here
from xh.spec import UsageError

RUNS = {
    "classify": ("mnli", "pawsx", "de"),
    "tag": ("ccg", "panx", "de"),
    "span": ("squad", "xquad", "de"),
    "choice": ("commonsenseqa", "xcopa", "it"),
    "mlm": ("mlm", "tatoeba", "de"),
    "bitext": ("mnli+squad", "tatoeba", "de"),
    "rank": ("nli_pairs", "lareqa", "de"),
}  # fmt: skip
ALWAYS = {("mt5", "span"), ("llama", "bitext"), ("gemma3", "mlm")}
SETTINGS = {"epochs": 1, "batch_size": 4, "max_length": 64}


def cells():
    less = pytest.mark.skipif("XH_BACKBONES" not in os.environ, reason="all of them where XH_BACKBONES is set")
    for name in BACKBONES:
        for kind in RUNS:
            yield pytest.param(name, kind, marks=() if (name, kind) in ALWAYS else less)


@pytest.fixture(scope="module")
def table():
    """What became of each cell, written in the end as Markdown."""
    found = {}
    yield found
    if place := os.environ.get("XH_BACKBONES"):
        lines = [f"| architecture | {' | '.join(RUNS)} |", "| --- |" + " --- |" * len(RUNS)]
        lines += [f"| {name} | {' | '.join(found.get((name, kind), '') for kind in RUNS)} |" for name in BACKBONES]
        Path(place).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("name", "kind"), cells())
def test_a_backbone_does_a_kind_or_the_plan_says_why_not(backbone, tmp_path, table, name, kind):
    inter, target, lang = RUNS[kind]
    tasks = {*inter.split("+"), target}
    overrides = {f"{task}.{key}": value for task in tasks - {"tatoeba"} for key, value in SETTINGS.items()}
    overrides |= {f"{task}.stride": 16 for task in tasks & {"squad", "xquad"}}
    overrides |= {f"{task}.max_query": 24 for task in tasks & {"squad", "xquad"}}
    request = {"inter": [inter], "target": [target], "langs": [lang], "model": str(backbone(name)), "profile": "mini"}
    request |= {"limit_train": 8, "limit_eval": 4, "runs": str(tmp_path), "baseline": False, "overrides": overrides}
    with worker_here():
        if kind == "mlm" and name in (*DECODERS, *HALVES):
            with pytest.raises(UsageError, match=r"can't do task mlm") as refused:
                xh.run(**request)
            assert "masked language modelling" in refused.value.why and not [*tmp_path.iterdir()]
            table[name, kind] = f"refused by the plan: {refused.value.why}"
            return
        rows = xh.run(**request).rows
    assert rows and all(math.isfinite(row.value) for row in rows)
    phases = {path.name.partition("-")[0] for path in tmp_path.glob("stages/*-*")}
    table[name, kind] = " → ".join(sorted(phases, key=["intermediate", "target", "evaluate"].index))
