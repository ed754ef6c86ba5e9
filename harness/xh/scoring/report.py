"""Means as XTREME takes them: over languages, then over the counted metrics, then over tasks; all unweighted."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from msgspec import Struct

from xh.results.benchmark import Benchmark

Values = Mapping[str, Mapping[str, float]]
"""Percent by metric and language."""


class TaskScore(Struct, frozen=True):
    """A task's ``values`` by metric and language, their ``means`` by metric, and its ``score``; all in percent."""

    name: str
    values: Values
    means: Mapping[str, float]
    score: float

    @classmethod
    def of(cls, name: str, values: Values, counted: Sequence[str]) -> "TaskScore":
        """With the means over languages, and the mean of those that are ``counted`` as score."""
        means = {metric: fmean(by_lang.values()) for metric, by_lang in values.items()}
        return cls(name, values, means, fmean(means[metric] for metric in counted))


class Report(Struct, frozen=True):
    """A submission's scores in percent: its tasks, the groups whose tasks are all there, and ``overall`` if all are.

    ``remarks`` are what a reader should know about them. ``partial``: the languages, where only some were asked for.
    """

    title: str
    tasks: tuple[TaskScore, ...]
    groups: Mapping[str, float]
    overall: float | None
    remarks: tuple[str, ...]
    partial: tuple[str, ...] = ()


def report(
    benchmark: Benchmark, tasks: Sequence[TaskScore], remarks: Sequence[str], partial: tuple[str, ...] = ()
) -> Report:
    """The report of a benchmark's tasks as far as they are scored; in the languages ``partial``, if it is over some."""
    scores = {task.name: task.score for task in tasks}
    groups = {
        name: fmean(scores[member] for member in members)
        for name, members in benchmark.groups.items()
        if scores.keys() >= set(members)
    }
    whole = len(tasks) == len(benchmark.tasks) and not benchmark.elsewhere
    overall = fmean(scores.values()) if whole else None
    if partial:
        remarks = [
            *remarks,
            f"partial: over {', '.join(partial)} only, so there is neither an overall score nor groups",
        ]
        groups, overall = {}, None
    return Report(benchmark.title, tuple(tasks), groups, overall, tuple(remarks), partial)


def official(report: Report) -> dict[str, Any]:
    """The report under the keys of the file that `evaluate.py --output_file` writes, in its order.

    One over some languages only says so under a key of its own.
    """
    partial = {"partial": report.partial} if report.partial else {}
    overall = {} if report.overall is None else {"all_task": report.overall}
    return {**partial, **overall, **report.groups, **{task.name: _official_task(task) for task in report.tasks}}


def _official_task(task: TaskScore) -> dict[str, Any]:
    means = {f"avg_{metric}": value for metric, value in task.means.items()}
    return {**task.values, **means, "avg_metric": task.score}
