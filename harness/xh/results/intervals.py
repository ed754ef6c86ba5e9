"""Paired bootstrap over examples: how sure a difference to the baseline is, whatever the seeds do.

Every example's part of a score is in a stage's ``examples.npz`` (docs/files.md); a metric that is no sum over examples
was computed for every draw when the stage was made (``draws.npz``). Examples are drawn with replacement, the same ones
for a score and its baseline, for all seeds, and for languages with as many examples, which in several benchmarks are
translations of each other. Source: Koehn 2004, W04-3250; percentile intervals.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from xh.results.records import Interval, Row
from xh.store import Store
from xh.store.examples import drawn_scores, example_counts
from xh.store.resampling import times_drawn, unit_starts

PERCENTILES = (2.5, 97.5)

Draws = Any
"""One number in points per draw: a NumPy array of shape [DRAWS]."""


class Resampler:
    """Differences to the baseline in resampled examples, from the stages of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._examples = cache(lambda stage: example_counts(store.folder(stage)))
        self._drawn = cache(lambda stage: drawn_scores(store.folder(stage)))
        self._scores = cache(self._score)

    def gain(self, row: Row) -> Draws | None:
        """A row's difference to its baseline per draw; None where one of them is not known by example."""
        return self.draws(row.stage, row.protocol.get("baseline"), row.lang, row.metric)

    def draws(self, stage: str, baseline: str | None, lang: str, metric: str) -> Draws | None:
        """The same of a stage and its baseline's."""
        both = [self._scores(each, lang, metric) for each in (stage, baseline) if each]
        known = [draws for count, draws in both if count == both[0][0] > 0]
        return known[0] - known[1] if len(known) == 2 else None

    def counts(self, stage: str, lang: str, metric: str) -> Any | None:
        """What of each example is right and out of how much, a NumPy array [n, 2]; None where it isn't known."""
        return self._examples(stage).get(f"{lang}/{metric}")

    def _score(self, stage: str, lang: str, metric: str) -> tuple[int, Draws]:
        if (known := self.counts(stage, lang, metric)) is not None:
            return len(known), resampled(known)
        key, drawn = f"{lang}/{metric}", self._drawn(stage)
        return (int(drawn[lang][0]), drawn[key]) if key in drawn else (0, None)


def resampled(example_counts: Any) -> Draws:
    """The score in percent of each draw; ``tallies``: per example what is right and out of how much, [n, 2]."""
    import numpy as np

    starts = unit_starts(len(example_counts))
    columns = np.add.reduceat(example_counts, starts).T.astype(np.float32, order="C")
    right, total = (times_drawn(len(starts)) @ column for column in columns)  # OpenBLAS is slow with two columns
    return 100 * np.divide(right, total, out=np.zeros_like(right), where=total > 0)


def average(draws: Sequence[Draws | None]) -> Draws | None:
    """The mean of several scores' differences, per draw; None where one of them is missing."""
    known = [each for each in draws if each is not None]
    return sum(known) / len(known) if known and len(known) == len(draws) else None


def interval(draws: Draws | None) -> Interval | None:
    """The 95% interval of a difference in points."""
    if draws is None:
        return None
    import numpy as np

    last = len(draws) - 1
    places = [last * each / 100 for each in PERCENTILES]
    low, high = np.interp(places, np.arange(last + 1), np.sort(draws))  # a third of the time of numpy.percentile
    return round(float(low), 4), round(float(high), 4)
