"""Grids: per target a line per language and its averages; over all targets a line per target."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from xh.results.arms import LAST, Armed, Arms, position
from xh.results.averages import BENCHMARKS
from xh.results.chance import at_chance
from xh.results.records import Interval, Summary, column
from xh.results.significance import LEVEL, holm
from xh.results.texts import plain
from xh.spec.cell import BASELINE, written


class Entry(NamedTuple):
    """A value with its standard deviation over seeds, its difference to the baseline, and whether it is at chance.

    The interval of such a difference over examples stands beside it, or in a grid of its own. ``p`` is its p-value, in
    a grid corrected for all differences there. Or the entry is a text.
    """

    value: float | None = None
    delta: float | None = None
    sd: float | None = None
    at_chance: bool = False
    interval: Interval | None = None
    text: str | None = None
    p: float | None = None

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance over examples."""
        return self.p is not None and self.p < LEVEL


class Line(Struct, frozen=True):
    """A language, a target or an average, with one entry per column; ``total`` lines end a grid."""

    name: str
    entries: tuple[Entry, ...]
    total: bool = False


class Grid(Struct, frozen=True):
    """``name`` is short; ``columns`` are intermediate tasks with their methods, the baseline first.

    Where arms differ in more than these, arms are the lines, and ``columns`` languages or targets.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


class Draft(NamedTuple):
    """A line before its entries are laid out in columns."""

    name: str
    entries: Mapping[str, Entry]
    total: bool = False


def of_target(summaries: Sequence[Summary], arms: Arms, ci: bool = False) -> Grid:
    """One target's main metric by language, and its averages; with ``ci`` each difference has its interval."""
    main = [each for each in summaries if each.main and each.lang]
    lines = [
        Draft(lang, _entries((each for each in main if each.lang == lang), arms, ci))
        for lang in dict.fromkeys(each.lang for each in main if each.lang)
    ]
    metric = main[0].metric if main else ""
    target = summaries[0].target
    return laid_out(target, f"{target} · {metric}", [*lines, *_totals(summaries, arms, ci)], summaries, arms)


def of_averages(summaries: Sequence[Summary], arms: Arms, ci: bool = False) -> Grid:
    """The averages of several targets, and the benchmark's score where it is there."""
    drafts = _by_target(summaries, lambda same: _entries(same, arms, ci))
    return laid_out("averages", "averages", drafts, summaries, arms)


def of_intervals(summaries: Sequence[Summary], arms: Arms) -> Grid:
    """The intervals over examples of the averages' differences to the baseline."""
    title = "difference of the averages · 95% interval over examples"
    compared = [each for each in summaries if column(each) != BASELINE]
    drafts = _by_target(compared, lambda same: {arms.label(each): Entry(interval=each.ci95_examples) for each in same})
    return laid_out("intervals", title, drafts, compared, arms)


def of_curve(summaries: Sequence[Summary], arms: Arms, axis: str, ci: bool = False) -> Grid:
    """The averages by what lies along one axis: a line per target and arm, a column per value, the baseline first."""
    lines: dict[str, dict[str, Entry]] = {}
    others = arms.without(axis)
    for each in sorted(_averages(summaries), key=others.order):
        if (value := position(each, axis)) is not None:
            entries = lines.setdefault(f"{each.target} · {others.label(each)}", {})
            entries[written(axis, value)] = _entry(each, ci)
            if axis == LAST and each.baseline is not None:
                entries[BASELINE] = _of_baseline(each)
    columns = [written(axis, value) for value in arms.axes[axis]]
    drafts = [Draft(name, entries) for name, entries in lines.items()]
    return drawn(f"curve-{axis}", f"averages by {axis.replace('_', '-')}", drafts, columns)


def _averages(summaries: Iterable[Summary]) -> list[Summary]:
    return [each for each in summaries if each.lang is None and each.metric is None]


def _by_target(
    summaries: Sequence[Summary], entries: Callable[[Iterable[Summary]], Mapping[str, Entry]]
) -> list[Draft]:
    averages = _averages(summaries)
    return [
        Draft(target, entries(each for each in averages if each.target == target), total=target in BENCHMARKS)
        for target in dict.fromkeys(each.target for each in averages)
    ]


def _totals(summaries: Sequence[Summary], arms: Arms, ci: bool) -> list[Draft]:
    """A target's average; where several metrics make it, first the average of each."""
    totals = [each for each in summaries if each.lang is None]
    metrics = list(dict.fromkeys(each.metric for each in totals if each.metric))
    drafts = [
        Draft(f"average {metric}", _entries((each for each in totals if each.metric == metric), arms, ci), total=True)
        for metric in metrics
    ]
    name = {0: "average", 2: "mean of both"}.get(len(metrics), "mean")
    return [*drafts, Draft(name, _entries((each for each in totals if not each.metric), arms, ci), total=True)]


def _entries(summaries: Iterable[Summary], arms: Arms, ci: bool) -> dict[str, Entry]:
    """By arm; where arms are columns the baseline's own, or as another column is compared with it."""
    by_arm: dict[str, Entry] = {}
    for each in summaries:
        by_arm[arms.label(each)] = _entry(each, ci)
        if arms.are_columns and each.baseline is not None:
            by_arm.setdefault(BASELINE, _of_baseline(each))
    return by_arm


def _entry(each: Summary, ci: bool) -> Entry:
    interval = each.ci95_examples if ci else None
    return Entry(each.mean, each.delta, each.sd_seeds, bool(each.at_chance), interval, p=each.p_examples)


def _of_baseline(each: Summary) -> Entry:
    return Entry(each.baseline, None, each.baseline_sd_seeds, bool(at_chance(each.baseline, each.chance, each.n)))


def laid_out(name: str, title: str, lines: Sequence[Draft], shown: Iterable[Armed], arms: Arms) -> Grid:
    """Entries laid out: arms are columns, or lines where they differ in more than intermediate task and method.

    The baseline's column is left out where no line knows it.
    """
    labels = list(dict.fromkeys(arms.label(each) for each in sorted(shown, key=arms.order)))
    grid = drawn(name, title, lines, [label for label in labels if label != BASELINE])
    return grid if arms.are_columns else _turned(grid, arms.title)


def drawn(name: str, title: str, lines: Sequence[Draft], columns: list[str]) -> Grid:
    """A grid of these columns, its p-values corrected; before them the baseline's, where a line knows it."""
    if any(BASELINE in line.entries for line in lines):
        columns = [BASELINE, *columns]
    cells = _corrected([[line.entries.get(name, Entry()) for name in columns] for line in lines])
    whole = [Line(plain(line.name), entries, line.total) for line, entries in zip(lines, cells, strict=True)]
    return Grid(name, plain(title), tuple(map(plain, columns)), tuple(whole))


def _turned(grid: Grid, axes: str) -> Grid:
    """The grid with its columns as lines."""
    lines = tuple(
        Line(name, tuple(line.entries[number] for line in grid.lines)) for number, name in enumerate(grid.columns)
    )
    return Grid(grid.name, f"{grid.title} · by {axes}", tuple(line.name for line in grid.lines), lines)


def _corrected(rows: Sequence[Sequence[Entry]]) -> list[tuple[Entry, ...]]:
    """The entries of a grid with the p-values of all of them corrected for one another."""
    found = iter(holm([entry.p for entries in rows for entry in entries if entry.p is not None]))
    return [tuple(entry if entry.p is None else entry._replace(p=next(found)) for entry in each) for each in rows]
