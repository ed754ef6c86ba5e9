"""Views: the tables that results are made into, by name."""

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from xh.plugins.registry import known, registry
from xh.results import against_gain, contrast, gap, layers, sparklines
from xh.results.arms import Arms
from xh.results.averages import BENCHMARKS
from xh.results.grids import Draft, Entry, Grid, drawn, of_averages, of_curve, of_target
from xh.results.numbers import signed
from xh.results.records import Row, Summary, column
from xh.results.similarity import Similarity
from xh.spec.cell import AXES, BASELINE


class Shown(NamedTuple):
    """What a view is made of: a block's summaries, rows, arms, similarities. ``ci``: with intervals of differences."""

    summaries: Sequence[Summary]
    rows: Sequence[Row]
    arms: Arms
    ci: bool = False
    similar: Sequence[Similarity] = ()


def axis_named(axis: str) -> str:
    """The name that coordinates have for an axis; raises :class:`~xh.spec.UsageError` for one that there is not."""
    name = axis.replace("-", "_") if "." not in axis else axis
    if "." not in name and name not in AXES:
        known("axis", axis, [*(each.replace("_", "-") for each in AXES), "TASK.KEY"])
    return name


View = Callable[[Shown, Sequence[str]], Iterator[Grid]]
"""From what is shown, and the words behind a view's name."""


def drawn_as(view: str, shown: Shown) -> Iterator[Grid]:
    """The grids of a view: its name, and behind a colon its words, e.g. ``contrast:low,high``.

    None where it has nothing to show. Raises :class:`~xh.spec.UsageError` for a view or a word that there is not.
    """
    name, _, words = view.partition(":")
    known("view", name, VIEWS)
    return VIEWS[name](shown, [word.strip() for word in words.split(",") if word.strip()])


def _table(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """A table per target, and one of the averages."""
    by_target: dict[str, list[Summary]] = {}
    for each in shown.summaries:
        by_target.setdefault(each.target, []).append(each)
    targets = [name for name in by_target if name not in BENCHMARKS]
    yield from (of_target(by_target[name], shown.arms, shown.ci) for name in targets)
    if len(targets) > 1:
        yield of_averages(shown.summaries, shown.arms, shown.ci)


def _heatmap(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """Differences of the averages to the baseline: a line per arm, a column per target."""
    averages = [each for each in shown.summaries if each.lang is None and each.metric is None]
    lines: dict[str, dict[str, Entry]] = {}
    for each in sorted(averages, key=shown.arms.order):
        if column(each) != BASELINE:
            text = signed(each.delta) or "–"
            entry = Entry(delta=each.delta, interval=each.ci95_examples, text=text, p=each.p_examples)
            lines.setdefault(shown.arms.label(each), {})[each.target] = entry
    drafts = [Draft(name, entries) for name, entries in lines.items()]
    targets = list(dict.fromkeys(each.target for each in averages))
    if drafts:
        yield drawn("heatmap", "difference of the averages to the baseline", drafts, targets)


def _curve(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """Averages along axes of numbers; without a word along all of them."""
    for axis in words or shown.arms.ordered:
        name = axis_named(axis)
        if name in shown.arms.axes:
            yield of_curve(shown.summaries, shown.arms, name, shown.ci)


def _contrast(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """Gains in two groups of languages, or on two of targets."""
    groups = contrast.groups(words)
    if found := contrast.contrasts(shown.summaries, shown.rows, shown.arms, groups, registry()):
        yield contrast.grid(found, groups)


def _gap(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """How much of the way to training in the target language is made."""
    if found := gap.gaps(shown.summaries):
        yield gap.grid(found)


def _metrics(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """All metrics of a target: for each arm a line per language, a column per metric."""
    cells: dict[tuple[str, str], dict[str, dict[str, list[float]]]] = {}
    for row in sorted(shown.rows, key=shown.arms.order):
        lines = cells.setdefault((row.target, shown.arms.label(row)), {})
        for name in (row.lang, "average"):
            lines.setdefault(name, {}).setdefault(row.metric, []).append(row.value)
    for (target, arm), lines in cells.items():
        lines["average"] = lines.pop("average")
        drafts = [
            Draft(lang, {metric: Entry(fmean(values)) for metric, values in by_metric.items()}, lang == "average")
            for lang, by_metric in lines.items()
        ]
        yield drawn(f"metrics-{target}", f"{target} · {arm}", drafts, list(lines["average"]))


def _scatter(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """Similarity and gain of each pair of tasks, by each measure that the store has vectors for."""
    yield from against_gain.grids(shown.similar, shown.arms)


def _layers(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """The measures that are named, or the one that counts, in every layer of the encoder."""
    yield from layers.grids(shown.rows, shown.arms, words)


def _sparkline(shown: Shown, words: Sequence[str]) -> Iterator[Grid]:
    """The differences of all languages in a line per arm."""
    yield from sparklines.grids(shown.summaries, shown.arms)


VIEWS: dict[str, View] = {
    "table": _table,
    "heatmap": _heatmap,
    "curve": _curve,
    "contrast": _contrast,
    "gap": _gap,
    "metrics": _metrics,
    "scatter": _scatter,
    "sparkline": _sparkline,
    "layers": _layers,
}
