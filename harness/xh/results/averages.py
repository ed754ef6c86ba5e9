"""Averages as XTREME takes them: unweighted over languages, then over metrics, then over tasks."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from statistics import fmean
from typing import Any, TypeVar

from msgspec import structs

from xh.results.benchmark import benchmarks
from xh.results.chance import at_chance
from xh.results.evaluation import Evaluation
from xh.results.intervals import Draws, interval
from xh.results.intervals import average as average_draws
from xh.results.records import Average, Row, Score, column, difference, joined
from xh.results.texts import listed
from xh.spec.cell import AXES, Coordinates, belongs
from xh.spec.kinds import facts

BENCHMARKS = frozenset(benchmarks())
"""What stands for the target of an average over a whole benchmark."""

Rows = Sequence[Row]
Gain = Callable[[Row], Draws | None]
Some = TypeVar("Some")
Scored = TypeVar("Scored", Row, Score)


def averages(
    evaluations: Sequence[Evaluation], rows: Mapping[str, Rows], gain: Gain, unequal: bool = False
) -> list[Average]:
    """One average per evaluation, then the benchmark's where all its tasks are present.

    ``rows``: the counted ones of each evaluation, by its first stage. An average is refused where others of its target
    cover more languages, unless ``unequal``.
    """
    singles = {each.id: _average(each, rows[each.id], gain) for each in evaluations}
    contexts = {each.id: context(rows[each.id][0]) for each in evaluations if rows[each.id]}
    if not unequal:
        singles |= dict(_refused(singles, contexts, rows))
    found = list(singles.values())
    for name in benchmarks():
        members = [each for each in evaluations if name in each.task.groups and each.id in contexts]
        found += _benchmark(name, members, contexts, singles, rows, gain)
    return found


def gained(parts: Sequence[Rows], gain: Gain) -> Draws | None:
    """The mean difference of several evaluations' averages, per draw; ``parts``: the counted rows of each."""
    return average_draws([mean(rows, gain, average_draws) for rows in parts])


def context(row: Row) -> tuple[Any, ...]:
    """What rows of one table share: profile, and what besides axes tells apart runs of a cell, such as its data."""
    return row.protocol.get("profile", ""), json.dumps(row.protocol.get("settings", {}), sort_keys=True)


def counted(kind: str, rows: Sequence[Scored]) -> list[Scored]:
    """The rows that make a target's score: those of the metrics that its kind counts, else those of the main metric."""
    wanted: frozenset[str] = frozenset(facts(kind).counted)
    if wanted and {row.metric for row in rows} >= wanted:
        return [row for row in rows if row.metric in wanted]
    return [row for row in rows if row.main]


def average_numbers(values: Sequence[float | None]) -> float | None:
    """The mean; None where a value is missing."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def mean(
    rows: Sequence[Scored], value: Callable[[Scored], Some | None], over: Callable[[Sequence[Some | None]], Some | None]
) -> Some | None:
    """The mean over metrics of the means over languages; None where a value or a metric's language is missing."""
    by_metric: dict[str, dict[str, Some | None]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, {})[row.lang] = value(row)
    if not by_metric or len({frozenset(langs) for langs in by_metric.values()}) > 1:
        return None
    return over([over(list(langs.values())) for langs in by_metric.values()])


def examples(rows: Sequence[Scored]) -> int:
    """The examples of all languages together."""
    return sum({row.lang: row.n for row in rows}.values())


def _average(evaluation: Evaluation, rows: Rows, gain: Gain) -> Average:
    score = mean(rows, lambda row: row.value, average_numbers)
    baseline = mean(rows, lambda row: row.baseline, average_numbers)
    chance = mean(rows, lambda row: row.chance, average_numbers)
    of_rows = dict.fromkeys(reason for row in rows for reason in row.reasons)
    reasons = [*of_rows, *_gaps(evaluation, rows, score, baseline)]
    return Average(
        inter=evaluation.inter,
        method=evaluation.method,
        at=rows[0].at if rows else Coordinates(),
        target=evaluation.task.name,
        seed=evaluation.seed,
        langs=tuple(dict.fromkeys(row.lang for row in rows)),
        lacking=() if evaluation.only else _lacking(evaluation, rows),
        score=score,
        baseline=baseline,
        delta=difference(score, baseline),
        ci95_examples=interval(gained([rows], gain)),
        n=examples(rows),
        chance=chance,
        at_chance=at_chance(score, chance, examples(rows)),
        comparable=not reasons,
        why_not=joined(reasons),
        stages=evaluation.stages,
    )


def _refused(
    averages: Mapping[str, Average], contexts: Mapping[str, Any], rows: Mapping[str, Rows]
) -> Iterator[tuple[str, Average]]:
    """The averages over fewer languages than others of their target and context, emptied, with the reason."""
    covered: dict[Any, set[str]] = {}
    for stage, where in contexts.items():
        covered.setdefault((where, averages[stage].target), set()).update(row.lang for row in rows[stage])
    for stage, where in contexts.items():
        average = averages[stage]
        if lacking := covered[where, average.target] - {row.lang for row in rows[stage]}:
            reason = f"{column(average)} lacks {listed(sorted(lacking))}, which others have"
            why_not = joined([*average.reasons, reason])
            empty = dict.fromkeys(("score", "baseline", "delta", "ci95_examples", "chance", "at_chance"))
            yield stage, structs.replace(average, **empty, comparable=False, why_not=why_not)


def _gaps(evaluation: Evaluation, rows: Rows, score: float | None, baseline: float | None) -> Iterator[str]:
    """What an average lacks: languages of the task, of one of its metrics, or of its baseline."""
    found = list(dict.fromkeys(row.lang for row in rows))
    if lacking := _lacking(evaluation, rows):
        yield f"over {listed(found)} only" if evaluation.only else without(found, lacking)
    if score is None:
        yield "its metrics cover different languages"
    alone = sorted({row.lang for row in rows if row.baseline is None})
    if baseline is None and len(alone) < len(found):
        yield f"no baseline for {listed(alone)}"


def without(langs: Sequence[str], lacking: Sequence[str]) -> str:
    """The languages that an average over ``langs`` lacks."""
    return f"without {', '.join(lacking)} ({len(langs)} of {len(langs) + len(lacking)} languages)"


def _lacking(evaluation: Evaluation, rows: Rows) -> tuple[str, ...]:
    found = {row.lang for row in rows}
    return tuple(lang for lang in evaluation.task.languages if lang not in found)


def _benchmark(
    name: str,
    members: Sequence[Evaluation],
    contexts: Mapping[str, Any],
    singles: Mapping[str, Average],
    rows: Mapping[str, Rows],
    gain: Gain,
) -> Iterator[Average]:
    """The benchmark's score per column, seed, context and point; what lies on all values of an axis, such as the seed
    of what isn't trained, counts with each of them."""
    groups: dict[Any, list[Average]] = {}
    for each in members:
        groups.setdefault((contexts[each.id], column(singles[each.id])), []).append(singles[each.id])
    for averages in groups.values():
        for seed, at in _points(averages):
            parts = [each for each in averages if each.seed in (seed, None) and belongs(each.at, at)]
            if len({part.target for part in parts}) == len(parts) == len(benchmarks()[name].members):
                draws = gained([rows[part.stages[0]] for part in parts], gain)
                yield _overall(name, seed, at, parts, draws)


def _points(averages: Sequence[Average]) -> Iterator[tuple[int | None, Coordinates]]:
    """All combinations of the seeds and coordinates of some averages."""

    def values(known: Iterable[Any]) -> list[Any]:
        return list(dict.fromkeys(value for value in known if value is not None)) or [None]

    ats = [average.at for average in averages]
    axes = {name: values(getattr(at, name) for at in ats) for name in AXES}
    keys = dict.fromkeys(key for at in ats for key in at.settings)
    settings = {key: values(at.settings.get(key) for at in ats) for key in keys}
    for seed, *point in product(values(average.seed for average in averages), *axes.values(), *settings.values()):
        own, named = point[: len(axes)], point[len(axes) :]
        at = Coordinates(**dict(zip(axes, own, strict=True)), settings=dict(zip(settings, named, strict=True)))
        yield seed, at


def _overall(name: str, seed: int | None, at: Coordinates, parts: Sequence[Average], draws: Draws | None) -> Average:
    score = average_numbers([part.score for part in parts])
    baseline = average_numbers([part.baseline for part in parts])
    reasons = [f"{part.target}: {part.why_not}" for part in parts if part.why_not]
    return Average(
        inter=parts[0].inter,
        method=parts[0].method,
        at=at,
        target=name,
        seed=seed,
        score=score,
        baseline=baseline,
        delta=difference(score, baseline),
        ci95_examples=None if score is None else interval(draws),
        n=sum(part.n for part in parts),
        chance=None,
        at_chance=None,
        comparable=not reasons,
        why_not=joined(reasons),
        stages=tuple(stage for part in parts for stage in part.stages),
    )
