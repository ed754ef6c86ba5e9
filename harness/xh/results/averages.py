"""Averages as XTREME takes them: unweighted over languages, then over metrics, then over tasks."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from xh.results.chance import at_chance
from xh.results.comparable import SEPARATOR
from xh.results.evaluation import Evaluation
from xh.results.records import Average, Row, difference

BENCHMARK, TASKS = "xtreme", 9
SPAN_METRICS = {"exact_match", "f1"}

Rows = Sequence[Row]


def averages(evaluations: Sequence[Evaluation], rows: Mapping[str, Rows]) -> list[Average]:
    """One average per evaluation, then those of the benchmark where all its tasks are there."""
    singles = {evaluation.id: _average(evaluation, rows[evaluation.id]) for evaluation in evaluations}
    members = [each for each in evaluations if BENCHMARK in each.task.groups]
    contexts = {each.id: context(rows[each.id][0]) for each in members if rows[each.id]}
    return [*singles.values(), *_benchmark([each for each in members if each.id in contexts], contexts, singles)]


def context(row: Row) -> tuple[Any, ...]:
    """What rows of one table share: encoder, profile, source of data, and what tells apart several runs of a cell."""
    named = (row.protocol.get(key, "") for key in ("encoder", "profile", "source"))
    return (*named, json.dumps(row.protocol.get("settings", {}), sort_keys=True))


def counted(kind: str, rows: Rows) -> list[Row]:
    """The rows that make a target's score: those of its main metric, for span extraction of exact match and F1."""
    if kind == "span" and {row.metric for row in rows} >= SPAN_METRICS:
        return [row for row in rows if row.metric in SPAN_METRICS]
    return [row for row in rows if row.main]


def mean(rows: Rows, value: Callable[[Row], float | None]) -> float | None:
    """The mean over metrics of the means over languages; None where a value or a metric's language is missing."""
    by_metric: dict[str, dict[str, float | None]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, {})[row.lang] = value(row)
    if not by_metric or len({frozenset(langs) for langs in by_metric.values()}) > 1:
        return None
    means = [_mean(list(langs.values())) for langs in by_metric.values()]
    return _mean(means)


def examples(rows: Rows) -> int:
    """The examples of all languages together."""
    return sum({row.lang: row.n for row in rows}.values())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None


def _average(evaluation: Evaluation, rows: Rows) -> Average:
    rows = counted(evaluation.task.kind, rows)
    score, baseline = mean(rows, lambda row: row.value), mean(rows, lambda row: row.baseline)
    chance = mean(rows, lambda row: row.chance)
    reasons = [*_row_reasons(rows), *_gaps(evaluation.task.languages, rows, score, baseline)]
    return Average(
        inter=evaluation.inter,
        target=evaluation.task.name,
        seed=evaluation.seed,
        score=score,
        baseline=baseline,
        delta=difference(score, baseline),
        n=examples(rows),
        chance=chance,
        at_chance=at_chance(score, chance, examples(rows)),
        comparable=not reasons,
        why_not=SEPARATOR.join(reasons) or None,
        stages=(evaluation.id,),
    )


def _row_reasons(rows: Rows) -> list[str]:
    return list(dict.fromkeys(reason for row in rows if row.why_not for reason in row.why_not.split(SEPARATOR)))


def _gaps(official: tuple[str, ...], rows: Rows, score: float | None, baseline: float | None) -> Iterator[str]:
    """What keeps an average from being whole: languages of the task, of one of its metrics, or of its baseline."""
    found = {row.lang for row in rows}
    if missing := [lang for lang in official if lang not in found]:
        yield f"without {', '.join(missing)} ({len(found)} of {len(official)} languages)"
    if score is None:
        yield "its metrics cover different languages"
    alone = sorted({row.lang for row in rows if row.baseline is None})
    if baseline is None and len(alone) < len(found):
        yield f"no baseline for {', '.join(alone)}"


def _benchmark(
    members: Sequence[Evaluation], contexts: Mapping[str, Any], singles: Mapping[str, Average]
) -> Iterator[Average]:
    """The benchmark's score per intermediate task, seed and context; targets without a seed count with every seed."""
    for where, inter, seed in dict.fromkeys((contexts[each.id], each.inter, each.seed) for each in members):
        parts = [
            singles[each.id]
            for each in members
            if (contexts[each.id], each.inter) == (where, inter) and each.seed in (seed, None)
        ]
        if len({part.target for part in parts}) == len(parts) == TASKS:
            yield _overall(inter, seed, parts)


def _overall(inter: str, seed: int | None, parts: Sequence[Average]) -> Average:
    score, baseline = _mean([part.score for part in parts]), _mean([part.baseline for part in parts])
    reasons = [f"{part.target}: {part.why_not}" for part in parts if part.why_not]
    return Average(
        inter=inter,
        target=BENCHMARK,
        seed=seed,
        score=score,
        baseline=baseline,
        delta=difference(score, baseline),
        n=sum(part.n for part in parts),
        chance=None,
        at_chance=None,
        comparable=not reasons,
        why_not=SEPARATOR.join(reasons) or None,
        stages=tuple(stage for part in parts for stage in part.stages),
    )
