"""Stages made by hand, and finished in a store."""

from pathlib import Path
from typing import Any

from xh.spec import Files, Inputs, Purpose, Stage, TaskSpec
from xh.store import Store

TASK = TaskSpec(
    name="demo",
    kind="bitext",
    roles=("target",),
    languages=("de",),
    data=Files(paths=("{lang}.tsv",), splits={"test": "test"}),
    metric="f1",
)


LABEL = Purpose(inter="none", target="demo", encoder="mini", profile="mini", data="sample")


SCORES = '{"scores": []}'


def make_stage(seed: int = 1) -> Stage:
    """A stage; ``seed`` tells one from another."""
    inputs: dict[str, Any] = {"tasks": {"test": TASK}, "data": {"demo/test/de": "sha256:0"}, "recipe": {"k": 4}}
    return Stage(
        task="demo",
        inputs=Inputs(phase="evaluate", encoder="sha256:1", languages=("de",), seed=seed, **inputs),
        purpose=LABEL,
    )


def finish_stage(store: Store, seed: int = 1) -> Path:
    """Have a stage with two files in the store; returns its folder."""
    stage = make_stage(seed)
    with store.lock(stage.id), store.work(stage) as folder:
        (folder / "predictions").mkdir()
        (folder / "predictions" / "test-de.tsv").write_text("de-1\ten-1\n")
        (folder / "scores.json").write_text(SCORES)
        store.commit(stage, folder, {"rows": 1}, {"xh": "0"}, 1.23456)
    return store.folder(stage.id)
