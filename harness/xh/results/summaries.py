"""Scores over all their seeds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import dist, sqrt
from statistics import fmean
from typing import Any, NamedTuple

from xh.results.averages import BENCHMARKS, Gain, Rows, average_numbers, context, examples, gained, mean
from xh.results.chance import at_chance
from xh.results.intervals import Draws, interval
from xh.results.intervals import average as average_draws
from xh.results.records import Average, Row, Summary, arm, difference
from xh.results.significance import bootstrap


class Point(NamedTuple):
    """A score with one seed; ``compared``: its baseline's stages."""

    seed: int | None
    value: float | None
    baseline: float | None
    draws: Draws | None
    n: int
    chance: float | None
    stages: tuple[str, ...]
    compared: tuple[str | None, ...]


def summaries(rows: Mapping[str, Rows], averages: Sequence[Average], gain: Gain) -> Iterator[Summary]:
    """Each target's languages and averages after each intermediate task, then the benchmark's scores.

    ``rows``: the counted ones of each evaluation, by its first stage.
    """
    cells: dict[Any, dict[str, Rows]] = {}
    for stage, group in rows.items():
        if group:
            cells.setdefault((context(group[0]), arm(group[0]), group[0].target), {})[stage] = group
    single = {average.stages[0]: average for average in averages if average.target not in BENCHMARKS}
    for groups in cells.values():
        yield from _cell(groups, [single[stage] for stage in groups], gain)
    overall: dict[Any, list[Average]] = {}
    for average in averages:
        if average.target in BENCHMARKS:
            overall.setdefault((context(rows[average.stages[0]][0]), arm(average)), []).append(average)
    for found in overall.values():
        yield _summary(found[0], None, None, True, [_of_average(each, rows, gain) for each in found])


def _cell(groups: Mapping[str, Rows], averages: Sequence[Average], gain: Gain) -> Iterator[Summary]:
    """One target after one intermediate task: a group of rows and an average per seed."""
    rows = list(chain(*groups.values()))
    metrics = dict.fromkeys((row.metric, row.main) for row in rows)
    for metric, main in metrics:
        for lang in dict.fromkeys(row.lang for row in rows):
            if found := [_of_row(row, gain) for row in rows if (row.metric, row.lang) == (metric, lang)]:
                yield _summary(rows[0], lang, metric, main, found)
    pairs = list(zip(groups.values(), averages, strict=True))
    for metric, main in metrics if len(metrics) > 1 else ():
        yield _summary(rows[0], None, metric, main, [_of_metric(metric, *pair, gain) for pair in pairs])
    yield _summary(rows[0], None, None, True, [_of_average(each, groups, gain) for each in averages])


def _of_row(row: Row, gain: Gain) -> Point:
    return Point(row.seed, row.value, row.baseline, gain(row), row.n, row.chance, (row.stage,), _compared([row]))


def _of_average(average: Average, rows: Mapping[str, Rows], gain: Gain) -> Point:
    parts = [rows[stage] for stage in average.stages if stage in rows]
    draws = gained(parts, gain) if average.score is not None else None
    numbers = (average.score, average.baseline, draws, average.n, average.chance)
    return Point(average.seed, *numbers, average.stages, _compared([part[0] for part in parts]))


def _of_metric(metric: str, rows: Rows, average: Average, gain: Gain) -> Point:
    """One metric's mean over languages; none where the target has no average."""
    compared = _compared(rows[:1])
    rows = [row for row in rows if row.metric == metric and average.score is not None]

    def over(value: Callable[[Row], float | None]) -> float | None:
        return mean(rows, value, average_numbers)

    value, baseline, chance = over(lambda row: row.value), over(lambda row: row.baseline), over(lambda row: row.chance)
    numbers = (value, baseline, gained([rows], gain), examples(rows), chance)
    return Point(average.seed, *numbers, average.stages, compared)


def _compared(rows: Rows) -> tuple[str | None, ...]:
    return tuple(row.protocol.get("baseline") for row in rows)


def _summary(
    where: Row | Average, lang: str | None, metric: str | None, main: bool, points: Sequence[Point]
) -> Summary:
    points = sorted(points, key=lambda point: point.seed or 0)
    values, baselines = [point.value for point in points], [point.baseline for point in points]
    deltas = [difference(value, baseline) for value, baseline in zip(values, baselines, strict=True)]
    mean, delta, chance, n = average_numbers(values), average_numbers(deltas), points[0].chance, points[0].n
    draws = average_draws([point.draws for point in points])
    several = len({point.compared for point in points}) > 1
    return Summary(
        inter=where.inter,
        method=where.method,
        at=where.at,
        target=where.target,
        lang=lang,
        metric=metric,
        main=main,
        seeds=tuple(point.seed for point in points if point.seed is not None),
        mean=mean,
        sd_seeds=deviation(values),
        baseline=average_numbers(baselines),
        baseline_sd_seeds=deviation(baselines) if several else None,
        delta=delta,
        delta_sd_seeds=deviation(deltas),
        ci95_examples=interval(draws),
        p_examples=bootstrap(delta, draws, n),
        n=n,
        chance=chance,
        at_chance=at_chance(mean, chance, n),
        stages=tuple(stage for point in points for stage in point.stages),
    )


def deviation(values: Sequence[float | None]) -> float | None:
    """The sample standard deviation of two or more values; None where one is missing."""
    known = [value for value in values if value is not None]
    if not len(known) == len(values) > 1:
        return None
    return round(dist(known, [fmean(known)] * len(known)) / sqrt(len(known) - 1), 6)
