"""A third party's engine, made of what xh.api has, and its methods, from the command line to the tables."""

import csv
import io
import json

import pytest

from helpers.running import answer_here

SETTINGS = ("epochs=1", "max_length=32", "precision=fp32", "batch_size=8")


def call(tmp_path, tiny, *words, code=0, small=True):
    """What ``xh`` prints to words, with small options behind them; an error has code and text."""
    options = [word for task in ("mnli", "pawsx") for setting in SETTINGS for word in ("--set", f"{task}.{setting}")]
    more = ("--model", tiny, "--data", "sample", "--langs", "de", "--limit-train", 16, "--limit-eval", 8, *options)
    answer = answer_here(tmp_path, *words, *(more if small else ()))
    assert answer.code == code, answer.err
    return answer.err if code else answer.out


RUN = ("--inter", "mnli", "--target", "pawsx", "--method", "none,word-switch,layer-mix+word-switch")


def test_methods_are_planned_run_reported_and_found_again(tmp_path, tiny, methods_demo):
    plan = json.loads(call(tmp_path, tiny, "plan", *RUN, "--json"))
    assert {stage["method"] for stage in plan["stages"]} == {"none", "word-switch", "layer-mix+word-switch"}
    assert "mnli → pawsx · word-switch, seed 1" in call(tmp_path, tiny, "plan", *RUN)
    results = json.loads(call(tmp_path, tiny, "run", *RUN, "--engine", "in-process", "--json"))
    rows = {(row["inter"], row["method"]): row for row in results["rows"]}
    assert list(rows) == [
        ("none", "none"), ("mnli", "none"), ("mnli", "word-switch"), ("mnli", "layer-mix+word-switch"),
    ]  # fmt: skip
    assert len({row["stage"] for row in rows.values()}) == 4
    assert json.loads(call(tmp_path, tiny, "plan", *RUN, "--json"))["stages"][0]["state"] == "cached"
    assert "mnli · word-switch" in call(tmp_path, tiny, "report", small=False)
    lines = csv.DictReader(
        io.StringIO(call(tmp_path, tiny, "report", "--format", "csv", "--method", "word-switch", small=False))
    )
    assert {line["method"] for line in lines} == {"none", "word-switch", "layer-mix+word-switch"}
    again = json.loads(call(tmp_path, tiny, "plan", *RUN, "--set", "word-switch.ratio=0.4", "--json"))
    assert {stage["state"] for stage in again["stages"] if stage["method"] == "none"} == {"cached"}
    changed = [stage for stage in again["stages"] if stage["method"] == "word-switch" and stage["state"] == "changed"]
    assert changed and "methods" in str(changed[0]["changes"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--method", "word-swich"), 3, "Did you mean 'word-switch' or 'code-switch'?"),
        (("--method", "word-switch", "--set", "word-switch.ration=1"), 2, "Did you mean 'ratio'?"),
        (("--method", "layer-mix", "--inter", "mnli+squad"), 2, "can't train a mixture such as mnli+squad"),
    ],
)
def test_an_unknown_method_and_setting_are_errors_that_say_what_there_is(
    tmp_path, tiny, methods_demo, words, code, said
):
    assert said in call(tmp_path, tiny, "plan", "--inter", "mnli", "--target", "pawsx", *words, code=code)
