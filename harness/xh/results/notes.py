"""What has to be said below a table, each thing once."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from xh.results.averages import BENCHMARKS, without
from xh.results.benchmark import benchmark
from xh.results.machines import COMPARED
from xh.results.numbers import heading
from xh.results.records import Average, Row, column

TITLE = "Not XTREME scores:"
UNLIKE = "Difference between stages computed differently:"
UNEQUAL = "each difference is to the baseline over the same languages"
NUMBER = re.compile(r"\d[\d,.]*")
ALL = sys.maxsize
LINES = 3
"""Of one sort, in short."""

NAMED = 6
"""Words of a list that are all named in short."""

Covered = tuple[str, frozenset[str]]
"""A target and languages."""

Groups = Mapping[tuple[str, ...], Sequence[Row]]
"""Rows by the reasons that they have in common."""


def notes(rows: Sequence[Row], averages: Sequence[Average], most: int = ALL) -> list[str]:
    """Why rows are not comparable and which ones, then what averages lack; lists of more than ``most`` are cut."""
    partial, gaps = _gaps(averages, rows)
    each = [f"Average of {name}: {_coverage(average, most)}." for name, average in partial]
    return [*_incomparable(_reasons(rows), rows, most), *_unlike(rows, most), *each, *gaps, *_elsewhere(averages)]


def brief(rows: Sequence[Row], averages: Sequence[Average]) -> list[str]:
    """The same in a few lines: reasons that differ in numbers are one, and of many the rarest are only counted."""
    partial, gaps = _gaps(averages, rows)
    parts = [f"{name} {len(each.langs)} of {_official(each)}" for name, each in partial]
    each = [f"Average of {name}: {_coverage(average, NAMED)}." for name, average in partial]
    folded = [f"Averages over part of the languages: {', '.join(parts)}."] if len(parts) > LINES else each
    reasons = list(_incomparable(_alike(rows), rows, NAMED))
    return [
        *_first(reasons, "reasons why scores are not XTREME's"),
        *_unlike(rows, NAMED),
        *folded,
        *_first(gaps, "gaps in averages"),
        *_elsewhere(averages),
    ]


def _elsewhere(averages: Sequence[Average]) -> Iterator[str]:
    """What counts in a benchmark's score though its own program does not score it."""
    for name in dict.fromkeys(average.target for average in averages if average.target in BENCHMARKS):
        if others := benchmark(name).elsewhere:
            yield f"Score of {name}: with {', '.join(others)}, which its evaluate.py does not score."


def _first(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - LINES
    return [*lines[:LINES], f"… and {more} more {what}."] if more > 1 else list(lines)


def _reasons(rows: Sequence[Row]) -> Groups:
    reasons: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for reason in row.reasons:
            reasons.setdefault((reason,), []).append(row)
    return reasons


def _alike(rows: Sequence[Row]) -> Groups:
    """Reasons that are the same but for numbers, those of most rows first."""
    kinds: dict[str, dict[tuple[str, ...], Sequence[Row]]] = {}
    for (reason,), same_rows in _reasons(rows).items():
        kinds.setdefault(NUMBER.sub("#", reason), {})[(reason,)] = same_rows
    groups = {
        tuple(r for (r,) in same): [row for same_rows in same.values() for row in same_rows] for same in kinds.values()
    }
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def _unlike(rows: Sequence[Row], most: int) -> Iterator[str]:
    """Differences, and averages, of stages that were made in other precision or on another kind of device."""
    unlike: dict[str, list[Row]] = {}
    for row in rows:
        for text in row.protocol.get("unlike", ()):
            unlike.setdefault(text, []).append(row)
    yield from (f"{UNLIKE} {text} ({_where(concerned, rows, most)})." for text, concerned in unlike.items())
    for name in COMPARED:
        values: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            values.setdefault((row.target, column(row)), set()).update(filter(None, [row.protocol.get(name)]))
        for (target, after), kinds in values.items():
            if len(kinds) > 1:
                yield f"Average over different {name}: {' and '.join(sorted(kinds))} ({target}, {after})."


def _incomparable(groups: Groups, rows: Sequence[Row], most: int) -> Iterator[str]:
    scopes: dict[str, list[str]] = {}
    for (first, *others), concerned in groups.items():
        text = f"{first} and {len(others)} more like it" if others else first
        scopes.setdefault(_where(concerned, rows, most), []).append(text)
    yield from (f"{TITLE} {', '.join(same)} ({scope})." for scope, same in scopes.items())


def _where(concerned: Sequence[Row], rows: Sequence[Row], most: int) -> str:
    """The targets that a reason concerns, with the languages where not all are."""
    if {(row.target, row.lang) for row in concerned} == {(row.target, row.lang) for row in rows}:
        return "all rows"
    targets = list(dict.fromkeys(row.target for row in concerned))
    if len(targets) > most:
        return f"{len(targets)} targets"
    return "; ".join(_target(target, concerned, rows, most) for target in targets)


def _target(target: str, concerned: Sequence[Row], rows: Sequence[Row], most: int) -> str:
    langs = dict.fromkeys(row.lang for row in concerned if row.target == target)
    every = {row.lang for row in rows if row.target == target}
    if langs.keys() == every:
        return target
    return (
        f"{target} {', '.join(langs)}" if len(langs) <= most else f"{target} in {len(langs)} of {len(every)} languages"
    )


def _gaps(averages: Sequence[Average], rows: Sequence[Row]) -> tuple[list[tuple[str, Average]], list[str]]:
    """The averages over part of the languages, with their names, and in lines what else averages lack."""
    said = {reason for (reason,) in _reasons(rows)}
    names = _names(averages)
    partial: dict[Covered, tuple[str, Average]] = {}
    gaps: dict[str, dict[str, None]] = {}
    for average in averages:
        for gap in average.reasons if average.target not in BENCHMARKS else ():
            name = names.get(_covered(average), average.target)
            if average.lacking and gap == without(average.langs, average.lacking):
                if average.score is not None:
                    partial.setdefault(_covered(average), (name, average))
            elif gap not in said:
                gaps.setdefault(gap, {})[name] = None
    unequal = [f"Average of {target}: {UNEQUAL}." for target in _unequal(names)]
    return list(partial.values()), [*unequal, *(f"Average of {', '.join(of)}: {gap}." for gap, of in gaps.items())]


def _covered(average: Average) -> Covered:
    return average.target, frozenset(average.langs)


def _names(averages: Sequence[Average]) -> dict[Covered, str]:
    """What averages over the same languages are called: by their target, and by columns where these differ."""
    inters: dict[Covered, dict[str, None]] = {}
    for average in averages:
        if average.score is not None:
            inters.setdefault(_covered(average), {})[column(average)] = None
    several = _unequal(inters)
    return {
        key: f"{key[0]} ({', '.join(map(heading, columns))})" if key[0] in several else key[0]
        for key, columns in inters.items()
    }


def _unequal(covered: Iterable[Covered]) -> list[str]:
    """The targets whose averages are not all over the same languages."""
    return [target for target, count in Counter(target for target, _ in covered).items() if count > 1]


def _coverage(average: Average, most: int) -> str:
    if len(average.lacking) <= most:
        return without(average.langs, average.lacking)
    return f"over {len(average.langs)} of {_official(average)} languages"


def _official(average: Average) -> int:
    return len(average.langs) + len(average.lacking)
