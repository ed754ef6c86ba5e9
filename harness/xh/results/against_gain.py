"""Similarity and gain: how they correlate over pairs of tasks, and how both are shown."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from statistics import fmean
from typing import Any

from msgspec.structs import replace

from xh.results.arms import Arms
from xh.results.averages import Rows, average_numbers, context
from xh.results.correlation import LEAST, by_tasks, over_pairs, spearman
from xh.results.grids import Draft, Entry, Grid, laid_out
from xh.results.numbers import signed
from xh.results.records import column
from xh.results.similarity import Correlation, Similarity
from xh.results.texts import listed
from xh.spec.cell import AXES, Coordinates, written
from xh.spec.comparisons import MEASURES, NEEDS, TEXTEMB


def correlations(found: Iterable[Similarity], rows: Mapping[str, Rows]) -> Iterator[Correlation]:
    """How each measure of whole targets correlates with the gain, among evaluations that can be compared.

    ``rows``: the counted ones of each evaluation, by its first stage.
    """
    groups: dict[Any, list[Similarity]] = {}
    for each in found:
        if each.lang is None and each.delta is not None:
            where = context(rows[each.evaluation][0]), repr(_shared(each.at))
            groups.setdefault((each.measure, where), []).append(each)
    yield from map(_correlation, groups.values())


def grids(found: Sequence[Similarity], arms: Arms) -> Iterator[Grid]:
    """For each measure the similarity of each pair, with the gain beside it."""
    for measure, title in MEASURES.items():
        members = [each for each in found if each.measure == measure and each.lang is None]
        cells: dict[str, dict[str, list[Similarity]]] = {}
        for each in members:
            cells.setdefault(each.target, {}).setdefault(arms.label(each), []).append(each)
        drafts = [
            Draft(target, {arm: _entry(same) for arm, same in by_arm.items()}) for target, by_arm in cells.items()
        ]
        if drafts:
            yield laid_out(measure, f"{measure} · {title}, and gain", drafts, members, arms)


def notes(
    found: Sequence[Similarity], correlations: Iterable[Correlation], arms: Arms, targets: Collection[str]
) -> Iterator[str]:
    """The correlations of a table's pairs, and the targets for which a measure is not defined."""
    evaluations = {each.evaluation for each in found}
    yield from (_said(each, arms) for each in correlations if evaluations & {*each.evaluations})
    for measure in dict.fromkeys(each.measure for each in found if each.measure != TEXTEMB):
        measured = {each.target for each in found if each.measure == measure}
        if lacking := [target for target in targets if target not in measured]:
            yield f"No {measure} for {listed(lacking)}. {NEEDS[measure]}"


def _said(each: Correlation, arms: Arms) -> str:
    places = [written(axis, value) for axis in AXES if axis in arms.axes and (value := getattr(each.at, axis))]
    name = " · ".join([each.measure, *places])
    if each.rho is None:
        return f"{name} and gain: no rank correlation over {each.pairs} pairs (it needs {LEAST}, not all equal)."
    interval = (
        "" if each.ci95_pairs is None else ", 95% interval [{:+.2f}, {:+.2f}] over pairs".format(*each.ci95_pairs)
    )
    chance = f"p = {each.p_tasks:.3g} by {each.permutations:,} permutations of the tasks"
    return f"{name} and gain: rank correlation {each.rho:+.2f} over {each.pairs} pairs{interval}; {chance}."


def _entry(seeds: Sequence[Similarity]) -> Entry:
    gain = signed(average_numbers([each.delta for each in seeds]))
    return Entry(text=f"{fmean(each.value for each in seeds):.4f} {gain:>5}")


def _shared(at: Coordinates) -> Coordinates:
    """What the pairs of a correlation have in common, except how targets are trained, because some are not."""
    return replace(at, limit_target=None, train_lang=None)


def _correlation(members: Sequence[Similarity]) -> Correlation:
    import numpy as np

    seeds: dict[tuple[str, str], list[Similarity]] = {}
    for each in members:
        target = f"{each.target} {each.at.limit_target} {each.at.train_lang}"
        seeds.setdefault((column(each), target), []).append(each)
    inters, targets = (list(dict.fromkeys(names)) for names in zip(*seeds, strict=True))
    x, y = np.full((2, len(inters), len(targets)), np.nan)
    for (inter, target), same in seeds.items():
        place = inters.index(inter), targets.index(target)
        x[place], y[place] = fmean(each.value for each in same), fmean(each.delta or 0.0 for each in same)
    rho = spearman(x, y)
    known = len(seeds) >= LEAST and isfinite(rho)
    p, permutations = by_tasks(x, y) if known else (None, None)
    return Correlation(
        measure=members[0].measure,
        at=_shared(members[0].at),
        encoder_identity=members[0].encoder_identity,
        pairs=len(seeds),
        rho=round(rho, 6) if known else None,
        ci95_pairs=over_pairs(x, y) if known else None,
        p_tasks=p,
        permutations=permutations,
        evaluations=tuple(dict.fromkeys(each.evaluation for each in members)),
    )
