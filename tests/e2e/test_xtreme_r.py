"""XTREME-R from a run to the score of its submission: steps before the tests, editions of its own, XCOPA's files."""

import json

import pytest

from helpers.running import answer_here

RUN = "run --inter none --target xcopa,tatoeba_xr,lareqa --langs it,tr,zh --profile mini --limit-train 8 --limit-eval 4"


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    """A folder with a store after a run, and with what was exported of it."""
    made = tmp_path_factory.mktemp("xtreme-r")
    settings = ["--set", "xcopa.epochs=1", "--set", "lareqa.max_length=32"]
    for words in (
        [*RUN.split(), "--model", tiny, *settings],
        ["export", "--benchmark", "xtreme-r", "-o", "predictions"],
        ["export", "--benchmark", "xtreme-r", "--labels", "-o", "labels"],
    ):
        answer = answer_here(made, *words)
        assert answer.code == 0, answer.err
    return made


def test_each_step_is_a_stage(folder):
    names = sorted(path.name.rpartition("-")[0] for path in (folder / "runs/stages").iterdir())
    targets = ["evaluate-lareqa", "evaluate-tatoeba_xr", "evaluate-xcopa"]
    assert names == [*targets, "target-copa", "target-siqa", "target-squad", "target-squad_pairs"]


def test_a_submission_has_the_benchmarks_folders_and_lines(folder):
    files = {str(path.relative_to(folder / "predictions")) for path in (folder / "predictions").rglob("test-*")}
    tatoeba, xcopa = (
        {f"{task}/test-{lang}{end}" for lang in ("it", "tr", "zh")}
        for task, end in (("tatoeba", ".tsv"), ("xcopa", ".jsonl"))
    )
    assert files == tatoeba | xcopa
    lines = (folder / "predictions/xcopa/test-it.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 4 and all(json.loads(line)["label"] in (0, 1) for line in lines)


def test_the_exported_files_score_what_the_run_scored(folder):
    words = ["--predictions", "predictions", "--labels", "labels", "--langs", "it,tr,zh", "--json"]
    answer = answer_here(folder, "score", "--benchmark", "xtreme-r", *words)
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    rows = json.loads(answer_here(folder, "report", "--format", "json").out)["rows"]
    for task, name in (("xcopa", "xcopa"), ("tatoeba", "tatoeba_xr")):
        known = {row["lang"]: row["value"] for row in rows if row["target"] == name}
        assert found[task]["accuracy"] == pytest.approx(known)


def test_lareqa_has_no_part_in_a_submission(folder):
    assert not (folder / "predictions/lareqa").exists()
