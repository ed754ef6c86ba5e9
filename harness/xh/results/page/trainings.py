"""Trainings: what was lost and learned in each, step by step."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from xh.results.arms import Arms, arms
from xh.results.grids import Entry, Grid, Line
from xh.results.numbers import heading, points
from xh.results.page.axes import Picture, step
from xh.results.page.lines import Line as Series
from xh.results.page.lines import chart
from xh.results.texts import plain
from xh.results.training_log import TrainingLog
from xh.results.trainings import spaced, thinned

SIZE = 400, 220
ROWS = 1000
"""Of all tables together, about."""
MOST, LEAST = 60, 10
"""Points of a curve."""
NARROW_LOSS, NARROW_DEV = 0.05, 2.0
"""What a scale spans at least."""

Steps = dict[int, float]


class Course(NamedTuple):
    """A training with all its seeds: what it says folded, its curves, and their numbers."""

    phase: str
    said: str
    pictures: tuple[Picture, ...]
    grid: Grid


class Run(NamedTuple):
    """One seed of it: by step its losses, and by metric and step its dev scores."""

    name: str
    loss: Steps
    dev: dict[str, Steps]


def courses(logs: Sequence[TrainingLog]) -> list[Course]:
    """The intermediate trainings, then those of targets; what differs in its seed alone is one."""
    groups: dict[tuple[str, str], list[TrainingLog]] = {}
    for phase in ("intermediate", "target"):
        same = [log for log in logs if log.phase == phase]
        there = arms(same)
        names = {log.stage: _name(log, there) for log in same}
        steps = Counter(name for name, _ in {(names[log.stage], log.task) for log in same})
        for log in sorted(same, key=there.order):
            name = names[log.stage]
            groups.setdefault((phase, f"{name} · {log.task}" if steps[name] > 1 else name), []).append(log)
    most = max(LEAST, min(MOST, ROWS // max(len(groups), 1)))
    return [_course(phase, plain(name), found, most) for (phase, name), found in groups.items()]


def _name(log: TrainingLog, there: Arms) -> str:
    """``mnli``, or of a target ``mnli → xnli``."""
    after = f" → {', '.join(log.targets)}" if log.phase == "target" else ""
    return heading(there.label(log)) + after


def _course(phase: str, name: str, logs: Sequence[TrainingLog], most: int) -> Course:
    runs = [_run(log, logs, most) for log in logs]
    return Course(phase, _said(name, logs), tuple(_pictures(name, runs)), _grid(name, runs))


def _run(log: TrainingLog, among: Sequence[TrainingLog], most: int) -> Run:
    name = "" if log.seed is None else f"seed {log.seed}"
    alone = sum(other.seed == log.seed for other in among) == 1
    dev = spaced(log.dev, most)
    metrics = dict.fromkeys(metric for _, scores in dev for metric in scores)
    return Run(
        name=name if alone else f"{name} {log.stage[-6:]}",
        loss=dict(thinned(log.loss, most)),
        dev={plain(metric): {at: scores[metric] for at, scores in dev if metric in scores} for metric in metrics},
    )


def _said(name: str, logs: Sequence[TrainingLog]) -> str:
    """``mnli · loss 1.12 → 0.71 · dev accuracy 39.5 · kept after step 50, 25``: means over the seeds."""
    losses, scores = [log.loss for log in logs if log.loss], [_kept(log) for log in logs if log.dev]
    parts = [name]
    if losses:
        parts.append(f"loss {fmean(loss[0][1] for loss in losses):.2f} → {fmean(loss[-1][1] for loss in losses):.2f}")
    if scores:
        metric = next(iter(scores[0]))
        parts.append(f"dev {metric} {points(fmean(each.get(metric, 0.0) for each in scores))}")
    steps = [str(log.selected) for log in logs if log.selected is not None]
    return plain(" · ".join([*parts, *([f"kept after step {', '.join(steps)}"] if steps else [])]))


def _kept(log: TrainingLog) -> dict[str, float]:
    """The dev scores of the model that was kept, or else the last."""
    return dict(log.dev).get(log.selected or 0, log.dev[-1][1])


def _pictures(name: str, runs: Sequence[Run]) -> Iterator[Picture]:
    """The losses, and the dev scores in the metric that counts, over the same steps."""
    metric = next((metric for run in runs for metric in run.dev), "")
    curves = {
        f"{name} · loss": (NARROW_LOSS, [(run.name, run.loss) for run in runs]),
        f"{name} · dev {metric}": (NARROW_DEV, [(run.name, run.dev.get(metric, {})) for run in runs]),
    }
    most = max(at for _, found in curves.values() for _, values in found for at in values)
    width = max(1, round(step(0, most)))
    ticks = {float(at): f"{at:,}" for at in range(0, most + 1, width)}
    for title, (least, found) in curves.items():
        if lines := [Series(name, [*values.items()]) for name, values in found if values]:
            yield chart(title, lines, ticks, "steps", least, SIZE, most)


def _grid(name: str, runs: Sequence[Run]) -> Grid:
    """A line for each step, with the loss and the dev scores of each seed."""
    columns = {f"loss {run.name}": (run.loss, 3) for run in runs}
    columns |= {f"{metric} {run.name}": (values, 1) for run in runs for metric, values in run.dev.items()}
    steps = sorted({at for values, _ in columns.values() for at in values})
    lines = [
        Line(str(at), tuple(_entry(values.get(at), digits) for values, digits in columns.values())) for at in steps
    ]
    return Grid("training", f"{name} · by step", tuple(columns), tuple(lines))


def _entry(value: float | None, digits: int) -> Entry:
    return Entry(text="–" if value is None else f"{value:.{digits}f}")
