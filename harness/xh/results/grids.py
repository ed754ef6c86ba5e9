"""Grids: per target a line per language and its averages; over all targets a line per target."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from xh.plan import BASELINE
from xh.results.averages import BENCHMARK, counted, examples, mean
from xh.results.chance import at_chance
from xh.results.records import Average, Row, difference


class Entry(NamedTuple):
    """A value, its signed difference to the baseline in points, and whether it is not above chance."""

    value: float | None
    delta: float | None = None
    at_chance: bool = False


class Line(Struct, frozen=True):
    """A language, a target or an average, with one entry per column; ``total`` lines end a grid."""

    name: str
    entries: tuple[Entry, ...]
    total: bool = False


class Grid(Struct, frozen=True):
    """``columns`` are intermediate tasks, the baseline first."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


class Point(NamedTuple):
    """A value after one intermediate task, that of its baseline, and what guessing gives over the ``n`` examples."""

    value: float | None
    baseline: float | None
    chance: float | None
    n: int


Points = Mapping[str, Point]


class Draft(NamedTuple):
    """A line before its points are laid out in columns."""

    name: str
    points: Points
    total: bool = False


def of_target(rows: Sequence[Row], averages: Sequence[Average]) -> Grid:
    """One target's main metric by language, and its averages."""
    main = [row for row in rows if row.main]
    lines = [Draft(lang, _of_rows(main, lang)) for lang in dict.fromkeys(row.lang for row in main)]
    metric = main[0].metric if main else ""
    return _grid(f"{rows[0].target} · {metric}", [*lines, *_totals(rows, averages)], [row.inter for row in rows])


def of_averages(targets: Sequence[str], averages: Sequence[Average]) -> Grid:
    """The averages of several targets, and the benchmark's score where it is there."""
    lines = [Draft(name, _of_averages(averages, name)) for name in targets]
    if overall := _of_averages(averages, BENCHMARK):
        lines.append(Draft(BENCHMARK, overall, total=True))
    return _grid("averages", lines, [average.inter for average in averages])


def _totals(rows: Sequence[Row], averages: Sequence[Average]) -> list[Draft]:
    """A target's average; where several metrics make it, first the average of each."""
    score = _of_averages(averages, rows[0].target)
    parts = counted(str(rows[0].protocol.get("kind")), rows)
    metrics = list(dict.fromkeys(row.metric for row in parts))
    if len(metrics) == 1:
        return [Draft("average", score, total=True)]
    each = [Draft(f"average {metric}", _of_metric(parts, metric), total=True) for metric in metrics]
    return [*each, Draft("mean of both" if len(metrics) == 2 else "mean", score, total=True)]


def _of_rows(rows: Iterable[Row], lang: str) -> Points:
    return {row.inter: Point(row.value, row.baseline, row.chance, row.n) for row in rows if row.lang == lang}


def _of_averages(averages: Iterable[Average], target: str) -> Points:
    return {
        each.inter: Point(each.score, each.baseline, each.chance, each.n) for each in averages if each.target == target
    }


def _of_metric(rows: Sequence[Row], metric: str) -> Points:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.metric == metric:
            found.setdefault(row.inter, []).append(row)
    return {
        inter: Point(
            mean(group, lambda row: row.value),
            mean(group, lambda row: row.baseline),
            mean(group, lambda row: row.chance),
            examples(group),
        )
        for inter, group in found.items()
    }


def _grid(title: str, lines: Sequence[Draft], inters: Iterable[str]) -> Grid:
    """Points laid out in columns; the baseline's is filled from any line that knows it, or left out."""
    columns = [inter for inter in dict.fromkeys(inters) if inter != BASELINE]
    entries = [_entries(points) for _, points, _ in lines]
    if any(found[BASELINE].value is not None for found in entries):
        columns.insert(0, BASELINE)
    drawn = [
        Line(name, tuple(found.get(column, Entry(None)) for column in columns), total)
        for (name, _, total), found in zip(lines, entries, strict=True)
    ]
    return Grid(title, tuple(columns), tuple(drawn))


def _entries(points: Points) -> dict[str, Entry]:
    """By column; the baseline's own, or as another column is compared with it."""
    compared = [point._replace(value=point.baseline, baseline=None) for point in points.values()]
    known = [_entry(point) for point in compared if point.value is not None]
    return {BASELINE: known[0] if known else Entry(None)} | {inter: _entry(point) for inter, point in points.items()}


def _entry(point: Point) -> Entry:
    marked = at_chance(point.value, point.chance, point.n)
    return Entry(point.value, difference(point.value, point.baseline), bool(marked))
