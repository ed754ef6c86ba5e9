"""Grids: per target a line per language and its averages; over all targets a line per target."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from msgspec import Struct

from xh.results.averages import BENCHMARK
from xh.results.chance import at_chance
from xh.results.records import Choice, Interval, Summary, column
from xh.results.texts import plain
from xh.spec.cell import BASELINE


class Entry(NamedTuple):
    """A value with its standard deviation over seeds, its difference to the baseline, and whether it is at chance.

    The interval of such a difference over examples stands beside it, or in a grid of its own. Or the entry is a text.
    """

    value: float | None = None
    delta: float | None = None
    sd: float | None = None
    at_chance: bool = False
    interval: Interval | None = None
    text: str | None = None


class Line(Struct, frozen=True):
    """A language, a target or an average, with one entry per column; ``total`` lines end a grid."""

    name: str
    entries: tuple[Entry, ...]
    total: bool = False


class Grid(Struct, frozen=True):
    """``name`` is short; ``columns`` are intermediate tasks with their methods, the baseline first."""

    name: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


class Draft(NamedTuple):
    """A line before its entries are laid out in columns."""

    name: str
    entries: Mapping[str, Entry]
    total: bool = False


def of_target(summaries: Sequence[Summary], ci: bool = False) -> Grid:
    """One target's main metric by language, and its averages; with ``ci`` each difference has its interval."""
    main = [each for each in summaries if each.main and each.lang]
    lines = [
        Draft(lang, _entries((each for each in main if each.lang == lang), ci))
        for lang in dict.fromkeys(each.lang for each in main if each.lang)
    ]
    metric = main[0].metric if main else ""
    target = summaries[0].target
    return laid_out(target, f"{target} · {metric}", [*lines, *_totals(summaries, ci)], summaries)


def of_averages(summaries: Sequence[Summary], ci: bool = False) -> Grid:
    """The averages of several targets, and the benchmark's score where it is there."""
    return laid_out("averages", "averages", _by_target(summaries, partial(_entries, ci=ci)), summaries)


def of_intervals(summaries: Sequence[Summary]) -> Grid:
    """The intervals over examples of the averages' differences to the baseline."""
    title = "difference of the averages · 95% interval over examples"
    return laid_out("intervals", title, _by_target(summaries, _intervals), summaries)


def _by_target(
    summaries: Sequence[Summary], entries: Callable[[Iterable[Summary]], Mapping[str, Entry]]
) -> list[Draft]:
    averages = [each for each in summaries if each.lang is None and each.metric is None]
    return [
        Draft(target, entries(each for each in averages if each.target == target), total=target == BENCHMARK)
        for target in dict.fromkeys(each.target for each in averages)
    ]


def _totals(summaries: Sequence[Summary], ci: bool) -> list[Draft]:
    """A target's average; where several metrics make it, first the average of each."""
    totals = [each for each in summaries if each.lang is None]
    metrics = list(dict.fromkeys(each.metric for each in totals if each.metric))
    drafts = [
        Draft(f"average {metric}", _entries((each for each in totals if each.metric == metric), ci), total=True)
        for metric in metrics
    ]
    name = {0: "average", 2: "mean of both"}.get(len(metrics), "mean")
    return [*drafts, Draft(name, _entries((each for each in totals if not each.metric), ci), total=True)]


def _entries(summaries: Iterable[Summary], ci: bool) -> dict[str, Entry]:
    """By column; the baseline's own, or as another column is compared with it."""
    by_column: dict[str, Entry] = {}
    for each in summaries:
        interval = each.ci95_examples if ci else None
        by_column[column(each)] = Entry(each.mean, each.delta, each.sd_seeds, bool(each.at_chance), interval)
        if each.baseline is not None:
            marked = bool(at_chance(each.baseline, each.chance, each.n))
            by_column.setdefault(BASELINE, Entry(each.baseline, None, each.baseline_sd_seeds, marked))
    return by_column


def _intervals(summaries: Iterable[Summary]) -> dict[str, Entry]:
    return {column(each): Entry(interval=each.ci95_examples) for each in summaries if column(each) != BASELINE}


def laid_out(name: str, title: str, lines: Sequence[Draft], shown: Iterable[Summary | Choice]) -> Grid:
    """Entries laid out in columns; the baseline's is left out where no line knows it."""
    columns = [name for name in dict.fromkeys(map(column, shown)) if name != BASELINE]
    if any(BASELINE in line.entries for line in lines):
        columns.insert(0, BASELINE)
    drawn = [
        Line(plain(line.name), tuple(line.entries.get(name, Entry()) for name in columns), line.total) for line in lines
    ]
    return Grid(name, plain(title), tuple(map(plain, columns)), tuple(drawn))
