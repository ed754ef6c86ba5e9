"""Contrast: do some languages gain more than others, or some targets?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from msgspec import Struct

from xh.plugins.languages import HISTORY, SEEN, belongs
from xh.plugins.registry import Registry
from xh.results.arms import Arms
from xh.results.grids import Draft, Entry, Grid, drawn
from xh.results.numbers import between, signed
from xh.results.records import Interval, Row, Summary
from xh.results.resampled import bootstrapped, permuted
from xh.results.significance import holm
from xh.spec import UsageError

ALL = "all targets"
OF_TARGETS = "target="
REST = "rest"
LEAST = 0.0001
"""A p-value below it is only said to be."""


class Contrast(Struct, frozen=True, kw_only=True):
    """The mean gains of two groups of languages on one target, or on the mean of all, and how they differ.

    Or of two groups of targets, in all their languages. ``gains``: by group and language (of targets ``target lang``)
    the difference to the baseline in points. ``difference``: of the groups' means; ``ci95_languages``: its bootstrap
    interval over these units; ``p``: by permuting which group a unit is in.
    """

    arm: str
    target: str
    gains: dict[str, dict[str, float]]
    difference: float | None
    ci95_languages: Interval | None
    p: float | None


class Groups(NamedTuple):
    """Two groups of languages, or of targets, the second of which may be the ``rest``."""

    names: tuple[str, str]
    of_targets: bool = False


def groups(words: Sequence[str]) -> Groups:
    """``low,high`` or ``target=pawsx,rest`` as groups."""
    if len(words) != 2:
        raise UsageError("A contrast is of two groups.", todo="Use e.g. --view contrast:low,high.")
    first, second = words
    return Groups((first.removeprefix(OF_TARGETS), second), first.startswith(OF_TARGETS))


def contrasts(
    summaries: Iterable[Summary], rows: Iterable[Row], arms: Arms, groups: Groups, registry: Registry
) -> list[Contrast]:
    """A contrast for each arm and target, and where there are several targets one over their mean.

    A language that is in neither group, or of which that is not known, counts in none.
    """
    seen = {(row.stage, row.lang) for row in rows if row.lang in row.protocol.get("trained_in", ())}
    gains: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for each in summaries:
        if each.main and each.lang and each.delta is not None:
            was_seen = any((stage, each.lang) in seen for stage in each.stages)
            target, unit = (ALL, f"{each.target} {each.lang}") if groups.of_targets else (each.target, each.lang)
            for group in _groups_of(each, groups, was_seen, registry):
                by_target = gains.setdefault(arms.label(each), {}).setdefault(target, {})
                by_target.setdefault(group, {})[unit] = each.delta
    return [
        _contrast(arm, target, groups.names, by_group)
        for arm, by_target in gains.items()
        for target, by_group in _with_mean(by_target, groups.names).items()
    ]


def _groups_of(each: Summary, groups: Groups, was_seen: bool, registry: Registry) -> Iterator[str]:
    for group in groups.names:
        if groups.of_targets:
            belonging = each.target == group or (group == REST and each.target not in groups.names)
        elif group in HISTORY:
            belonging = was_seen == (group == SEEN)
        else:
            belonging = bool(belongs(str(each.lang), group, registry))
        if belonging:
            yield group


def _with_mean(
    by_target: Mapping[str, Mapping[str, Mapping[str, float]]], groups: Sequence[str]
) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """With the mean of each language over the targets that have it."""
    if len(by_target) < 2:
        return by_target
    means: dict[str, dict[str, float]] = {}
    for group in groups:
        found = [by_group.get(group, {}) for by_group in by_target.values()]
        langs = dict.fromkeys(lang for gains in found for lang in gains)
        means[group] = {lang: fmean(gains[lang] for gains in found if lang in gains) for lang in langs}
    return {**by_target, ALL: means}


def _contrast(arm: str, target: str, groups: Sequence[str], gains: Mapping[str, Mapping[str, float]]) -> Contrast:
    first, second = (list(gains.get(group, {}).values()) for group in groups)
    return Contrast(
        arm=arm,
        target=target,
        gains={group: dict(gains.get(group, {})) for group in groups},
        difference=fmean(first) - fmean(second) if first and second else None,
        ci95_languages=bootstrapped([first, second], lambda one, other: one.mean(axis=1) - other.mean(axis=1)),
        p=permuted(first, second),
    )


def grid(found: Sequence[Contrast], groups: Groups) -> Grid:
    """A line for each contrast: the groups' mean gains with their languages, the difference, its interval and p."""
    first, second = groups.names
    title = f"gain: {first} less {second} · 95% interval over languages, p corrected by Holm over these lines"
    known = [each for each in found if each.p is not None]
    corrected = dict(zip(map(id, known), holm([each.p or 0 for each in known]), strict=True))
    drafts = [
        Draft(f"{each.arm} → {each.target}", dict(_entries(each, corrected.get(id(each)))), each.target == ALL)
        for each in found
    ]
    return drawn(f"contrast-{first}-{second}", title, drafts, [first, second, "difference", "interval", "p"])


def _entries(each: Contrast, p: float | None) -> Iterator[tuple[str, Entry]]:
    for group, gains in each.gains.items():
        yield group, Entry(text=f"{signed(fmean(gains.values()))} ({len(gains)})" if gains else "– (0)")
    found = each.difference
    yield "difference", Entry(delta=found, interval=each.ci95_languages, text=signed(found) or "–")
    yield "interval", Entry(text=between(each.ci95_languages) if each.ci95_languages else "–")
    yield "p", Entry(text="–" if p is None else f"<{LEAST}" if p < LEAST else f"{p:.4f}")
