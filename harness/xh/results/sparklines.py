"""Sparklines: the differences of all languages in one cell, on one scale for a target."""

from collections.abc import Iterator, Mapping, Sequence

from xh.results.arms import Arms
from xh.results.grids import Draft, Entry, Grid, drawn
from xh.results.numbers import signed
from xh.results.records import Summary, column
from xh.results.texts import plain
from xh.spec.cell import BASELINE

LEVELS = "▁▂▃▄▅▆▇█"
NONE = "·"
"""Where there is no difference."""


def grids(summaries: Sequence[Summary], arms: Arms) -> Iterator[Grid]:
    """For each target a line per arm, with a bar for each language, from the lowest difference to the highest."""
    found: dict[str, list[Summary]] = {}
    for each in sorted(summaries, key=arms.order):
        if each.lang and each.main and column(each) != BASELINE and each.delta is not None:
            found.setdefault(each.target, []).append(each)
    yield from (_grid(target, gains, arms) for target, gains in found.items())


def _grid(target: str, gains: Sequence[Summary], arms: Arms) -> Grid:
    langs = list(dict.fromkeys(each.lang or "" for each in gains))
    by_arm: dict[str, dict[str, float]] = {}
    for each in gains:
        by_arm.setdefault(arms.label(each), {})[each.lang or ""] = each.delta or 0.0
    values = [0.0, *(value for found in by_arm.values() for value in found.values())]
    low, high = min(values), max(values)
    said = f"{LEVELS[0]} {signed(low)}, {LEVELS[-1]} {signed(high)}"
    drafts = [Draft(arm, _entries(found, langs, low, high)) for arm, found in by_arm.items()]
    title = f"{target} · difference by language ({said}): {' '.join(langs)}"
    return drawn("sparkline", title, drafts, ["by language", "lowest", "highest"])


def _entries(found: Mapping[str, float], langs: Sequence[str], low: float, high: float) -> dict[str, Entry]:
    ends = {"lowest": min(found, key=found.__getitem__), "highest": max(found, key=found.__getitem__)}
    bars = "".join(_bar(found[lang], low, high) if lang in found else NONE for lang in langs)
    return {"by language": Entry(text=bars)} | {
        name: Entry(text=plain(f"{lang} {signed(found[lang])}")) for name, lang in ends.items()
    }


def _bar(value: float, low: float, high: float) -> str:
    return LEVELS[round((len(LEVELS) - 1) * (value - low) / ((high - low) or 1))]
