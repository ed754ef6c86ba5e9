"""Bars and lines draw every entry that a stage may log."""

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from xh.cli.bars import Bars
from xh.cli.lines import Lines
from xh.data.places import Places
from xh.engine.clock import Clock
from xh.plan import Request, build
from xh.plugins import registry
from xh.spec import StageError

MACHINE = {"device": "cpu", "processor": "EPYC [64]", "threads": 8, "precision": "fp32"}
ENTRIES = [
    {"machine": MACHINE},
    {"step": 10, "steps": 94, "epoch": 0.1, "loss": 2.3, "learning_rate": 1e-5},
    {"step": 94, "steps": 94, "dev": {"f1": 55.1}},
    {"message": "waiting for [another] process"},
    {"encoded": 300, "sentences": 4_000},
    {"encoded": 1_200, "sentences": 4_000},
    {"lang": "de", "metric": "f1", "value": 55.5, "n": 1190},
    {"lang": "de", "metric": "precision", "value": 44.4, "n": 1190, "main": False},
    {"lang": "fr", "metric": "f1", "value": 44.4, "n": 1190},
]


@pytest.fixture
def stages(data, encoder):
    request = Request(inter=("squad",), target=("tatoeba",), langs=("de",), data=Places(data), model=encoder)
    return list(build(request, registry()).stages.values())


@pytest.fixture
def clock(stages):
    """All stages but the first are to be made."""
    return Clock(dict.fromkeys(stage.id for stage in stages[1:]))


def play(observer, stages):
    observer.xh_run_start(stages)
    for stage in stages[1:]:
        observer.xh_phase_start(stage)
        for entry in ENTRIES:
            observer.xh_phase_log(stage, entry)
    observer.xh_phase_end(stages[1], 3.0, False)
    observer.xh_phase_error(stages[2], StageError("The loss is [NaN]."))


def test_bars(stages, clock):
    bars = Bars(clock)
    bars.progress.live.console = Console(file=io.StringIO(), width=80)
    play(bars, stages)
    bars.close()
    drawn = bars.progress.console.file.getvalue()
    assert drawn.count("Computes on cpu: EPYC [64], 8 threads, fp32") == 1
    for text in ("dev f1 55.1", "waiting for [another] process", "  f1  de 55.5  fr 44.4", "✓ intermediate squad"):
        assert text in drawn
    assert "✗ evaluate tatoeba after squad  The loss is [NaN]." in drawn
    assert "precision" not in drawn


def test_bars_have_totals_and_the_languages_of_a_stage_in_one_line(stages, clock):
    bars = Bars(clock)
    bars.progress.live.console = Console(file=io.StringIO(), width=80)
    bars.xh_run_start(stages)
    evaluation = stages[2]
    bars.xh_phase_start(evaluation)
    (run, bar) = bars.progress.tasks
    assert (run.fields["count"], bar.fields["count"]) == ("0/2", "0/1 languages")
    seen = []
    for entry in ENTRIES:
        bars.xh_phase_log(evaluation, entry)
        seen.append((bar.completed, bar.total, bar.fields["count"], bar.fields["note"]))
    assert "10/94 steps" in [each[2] for each in seen]
    assert (1_200, 4_000, "1,200/4,000 sentences") in [each[:3] for each in seen]
    assert seen[-1][3] == "f1  de 55.5  fr 44.4"


def test_lines(stages, clock, capsys):
    play(Lines(clock), stages)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" · ")[0] for line in lines[:7]] == [
        "Computes on cpu: EPYC [64], 8 threads, fp32",
        "[1/2] intermediate squad, seed 1",
        "[1/2]   10/94 steps  loss 2.300",
        "[1/2]   dev f1 55.1",
        "[1/2]   waiting for [another] process",
        "[1/2]   1,200/4,000 sentences",
        "[2/2] evaluate tatoeba after squad",
    ]
    assert lines[-3:] == ["[1/2]   done in 3.0 s", "[2/2]   f1  de 55.5  fr 44.4", "[2/2]   failed: The loss is [NaN]."]
    assert sum(line.startswith("Computes") for line in lines) == 1


def test_another_machine_or_precision_is_said_again(stages, clock, capsys):
    lines = Lines(clock)
    for machine in (MACHINE, MACHINE | {"precision": "bf16"}, MACHINE | {"device": "cuda", "processor": "H100"}):
        lines.xh_phase_start(stages[0])
        lines.xh_phase_log(stages[0], {"machine": machine})
        lines.xh_phase_end(stages[0], 1.0, False)
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("Computes")] == [
        "Computes on cpu: EPYC [64], 8 threads, fp32",
        "Computes on cpu: EPYC [64], 8 threads, bf16",
        "Computes on cuda: H100, fp32",
    ]


@pytest.fixture
def now(monkeypatch):
    """A list whose only element is the time."""
    time = [100.0]
    monkeypatch.setattr("xh.engine.clock.time.monotonic", lambda: time[0])
    return time


def test_what_is_left_by_earlier_stages(stages, now):
    first, second = stages[1:]
    clock = Clock({first.id: 60.0, second.id: 20.0})
    assert clock.plan(stages) == 2
    assert clock.remaining() == "about 80 s left"
    clock.begin(first)
    now[0] += 10
    assert clock.remaining() == "about 70 s left"
    clock.advance(first, 10, 100)
    assert clock.remaining() == "about 2 min left"
    clock.end(first, 100.0)
    assert clock.remaining() == "about 20 s left"


def test_stages_side_by_side_take_no_longer_than_the_longest_or_their_share(stages, now):
    first, second = stages[1:]
    third = replace(first, inputs=replace(first.inputs, seed=3))
    clock = Clock({first.id: 60.0, second.id: 40.0, third.id: 20.0})
    clock.plan([first, second, third])
    clock.begin(first)
    clock.begin(second)
    assert clock.remaining() == "about 60 s left"
    now[0] += 30
    assert clock.remaining() == "about 30 s left"
    clock.end(second, None)
    assert clock.remaining() == "about 50 s left"


def test_nothing_is_said_while_nothing_is_known(stages, now):
    first, second = stages[1:]
    clock = Clock({first.id: None, second.id: 20.0})
    clock.plan(stages)
    clock.begin(first)
    now[0] += 10
    assert clock.remaining() is None
    clock.advance(first, 1, 2)
    assert clock.remaining() == "about 30 s left"


def test_stages_of_this_run_say_what_their_like_take(stages, now):
    first = stages[1]
    twin = replace(first, inputs=replace(first.inputs, seed=2))
    clock = Clock({first.id: None, twin.id: None})
    clock.plan([first, twin])
    clock.end(first, 40.0)
    assert clock.remaining() == "about 40 s left"
    clock.end(twin, None)
    assert clock.remaining() is None
