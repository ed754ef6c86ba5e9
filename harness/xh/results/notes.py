"""What must be said below a table, each thing once."""

from collections.abc import Iterator, Sequence

from xh.results.averages import BENCHMARK
from xh.results.comparable import SEPARATOR
from xh.results.records import Average, Row

TITLE = "Not XTREME scores:"


def notes(rows: Sequence[Row], averages: Sequence[Average]) -> Iterator[str]:
    """Why rows are not comparable and which ones, then what averages lack, then what was read of the Hub."""
    reasons: dict[str, list[Row]] = {}
    for row in rows:
        for reason in _split(row.why_not):
            reasons.setdefault(reason, []).append(row)
    scopes: dict[str, list[str]] = {}
    for reason, found in reasons.items():
        scopes.setdefault(_where(found, rows), []).append(reason)
    yield from (f"{TITLE} {', '.join(same)} ({scope})." for scope, same in scopes.items())
    yield from _gaps(averages, set(reasons))
    if read := dict.fromkeys(pair for row in rows for pair in row.protocol.get("hub", {}).items()):
        yield f"Read from the Hub: {', '.join(f'{repo}@{commit[:12]}' for repo, commit in read)}."


def _split(reasons: str | None) -> list[str]:
    return reasons.split(SEPARATOR) if reasons else []


def _where(found: Sequence[Row], rows: Sequence[Row]) -> str:
    """The targets that a reason concerns, with the languages where not all are."""
    if {(row.target, row.lang) for row in found} == {(row.target, row.lang) for row in rows}:
        return "all rows"
    return "; ".join(_target(target, found, rows) for target in dict.fromkeys(row.target for row in found))


def _target(target: str, found: Sequence[Row], rows: Sequence[Row]) -> str:
    langs = dict.fromkeys(row.lang for row in found if row.target == target)
    whole = langs.keys() == {row.lang for row in rows if row.target == target}
    return target if whole else f"{target} {', '.join(langs)}"


def _gaps(averages: Sequence[Average], said: set[str]) -> Iterator[str]:
    gaps: dict[str, None] = {}
    for average in averages:
        if average.target != BENCHMARK:
            gaps |= {f"Average of {average.target}: {gap}.": None for gap in _split(average.why_not) if gap not in said}
    yield from gaps
