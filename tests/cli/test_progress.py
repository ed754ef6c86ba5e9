"""Bars and lines draw every entry that a stage may log."""

import io

import pytest
from rich.console import Console

from xh.cli.bars import Bars
from xh.cli.lines import Lines
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import StageError

MACHINE = {"device": "cpu", "processor": "EPYC [64]", "threads": 8, "precision": "fp32"}
ENTRIES = [
    {"machine": MACHINE},
    {"step": 10, "steps": 94, "epoch": 0.1, "loss": 2.3, "learning_rate": 1e-5},
    {"step": 94, "steps": 94, "dev": {"f1": 55.1}},
    {"message": "waiting for [another] process"},
    {"lang": "de", "sentences": 18},
    {"lang": "de", "metric": "f1", "value": 55.5, "n": 1190},
    {"lang": "de", "metric": "precision", "value": 44.4, "n": 1190, "main": False},
]


@pytest.fixture
def stages(data, encoder):
    request = Request(inter=("squad",), target=("tatoeba",), langs=("de",), data=data, model=encoder)
    return list(build(request, registry()).stages.values())


def play(observer, stages):
    observer.xh_run_start(stages, [stages[0].id])
    for stage in stages[1:]:
        observer.xh_phase_start(stage)
        for entry in ENTRIES:
            observer.xh_phase_log(stage, entry)
    observer.xh_phase_end(stages[1], 3.0, False)
    observer.xh_phase_error(stages[2], StageError("The loss is [NaN]."))


def test_bars(stages):
    bars = Bars()
    bars.progress.live.console = Console(file=io.StringIO(), width=80)
    play(bars, stages)
    bars.close()
    drawn = bars.progress.console.file.getvalue()
    assert drawn.count("Computes on cpu: EPYC [64], 8 threads, fp32") == 1
    for text in ("dev f1 55.1", "waiting for [another] process", "de  f1 55.5  (1,190 rows)", "✓ intermediate squad"):
        assert text in drawn
    assert "✗ evaluate tatoeba after squad  The loss is [NaN]." in drawn
    assert "precision" not in drawn


def test_lines(stages, capsys):
    play(Lines(), stages)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:6] == [
        "Computes on cpu: EPYC [64], 8 threads, fp32",
        "[1/2] intermediate squad, seed 1",
        "[1/2]   step 10/94  loss 2.300",
        "[1/2]   dev f1 55.1",
        "[1/2]   waiting for [another] process",
        "[1/2]   de  f1 55.5  (1,190 rows)",
    ]
    assert lines[-1] == "[2/2]   failed: The loss is [NaN]."
    assert sum(line.startswith("Computes") for line in lines) == 1


def test_another_machine_or_precision_is_said_again(stages, capsys):
    lines = Lines()
    for machine in (MACHINE, MACHINE | {"precision": "bf16"}, MACHINE | {"device": "cuda", "processor": "H100"}):
        lines.xh_phase_start(stages[0])
        lines.xh_phase_log(stages[0], {"machine": machine})
        lines.xh_phase_end(stages[0], 1.0, False)
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("Computes")] == [
        "Computes on cpu: EPYC [64], 8 threads, fp32",
        "Computes on cpu: EPYC [64], 8 threads, bf16",
        "Computes on cuda: H100, fp32",
    ]
