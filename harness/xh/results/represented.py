"""How similar intermediate tasks and targets are, from vectors that stages of phase ``represent`` keep."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import isfinite, nan

from xh.results.averages import BENCHMARKS, Rows, average_numbers
from xh.results.baselines import Baselines
from xh.results.evaluation import Evaluation
from xh.results.measures import cosine, linear_cka, logme
from xh.results.records import Average
from xh.results.similarity import Similarity
from xh.spec import Stage
from xh.spec.cell import Coordinates
from xh.spec.comparisons import CKA, LOGME, TEXTEMB, Comparison, Pair, comparisons, content
from xh.store import Store
from xh.store.vectors import classes, vectors

Names = tuple[str, ...]


def similarities(
    store: Store,
    evaluations: Iterable[Evaluation],
    places: Mapping[str, Coordinates],
    rows: Mapping[str, Rows],
    averages: Iterable[Average],
    baselines: Baselines,
) -> Iterator[Similarity]:
    """All measures for all evaluations after an intermediate task, if the store has the vectors.

    By first stage of the evaluations: ``places``, and ``rows``, those that count.
    """
    kept = _Kept(store)
    gains = {average.stages[0]: average.delta for average in averages if average.target not in BENCHMARKS}
    for each in evaluations if kept.stages else ():
        pair = _pair(each, baselines)
        for comparison in comparisons(pair) if pair else ():
            if (value := kept.value(comparison)) is not None:
                own = [row.delta for row in rows[each.id] if row.lang == comparison.lang]
                yield Similarity(
                    measure=comparison.measure,
                    inter=each.inter,
                    method=each.method,
                    at=places[each.id],
                    target=each.task.name,
                    lang=comparison.lang,
                    encoder_identity=each.record.stage.inputs.encoder,
                    seed=each.seed,
                    value=round(value, 6),
                    delta=average_numbers(own) if comparison.lang else gains.get(each.id),
                    evaluation=each.id,
                    stages=kept.named((*comparison.left, *comparison.right)),
                )


class _Kept:
    """The vectors that a store has: ``stages`` by what they represent."""

    def __init__(self, store: Store) -> None:
        names = [stage_id for stage_id in store.ids() if stage_id.startswith("represent-")]
        self.stages = {content(record.stage): record.stage.id for record in filter(None, map(store.record, names))}
        self._folder = store.folder
        self._mean = cache(lambda stage_id: vectors(store.folder(stage_id)).mean(axis=0))

    def named(self, stages: Iterable[Stage]) -> tuple[str, ...]:
        """The stages by the names that they have in the store, as far as they are there."""
        return tuple(self.stages[key] for key in map(content, stages) if key in self.stages)

    def value(self, comparison: Comparison) -> float | None:
        """The value of a comparison; None if vectors or classes are missing, or it is undefined."""
        left, right = self.named(comparison.left), self.named(comparison.right)
        if len(left) < len(comparison.left) or len(right) < len(comparison.right):
            return None
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            value = {TEXTEMB: self._textemb, LOGME: self._logme, CKA: self._cka}[comparison.measure](left, right)
        return value if isfinite(value) else None

    def _textemb(self, left: Names, right: Names) -> float:
        ours, theirs = (sum(map(self._mean, side)) / len(side) for side in (left, right))
        return cosine(ours, theirs)

    def _logme(self, left: Names, _: Names) -> float:
        folder = self._folder(left[0])
        labels = classes(folder)
        return nan if labels is None else logme(vectors(folder), labels)

    def _cka(self, left: Names, right: Names) -> float:
        return linear_cka(vectors(self._folder(left[0])), vectors(self._folder(right[0])))


def _pair(evaluation: Evaluation, baselines: Baselines) -> Pair | None:
    trainings = {record.stage.phase: record.stage for record in evaluation.ancestors}
    if "intermediate" not in trainings:
        return None
    baseline = baselines.of(evaluation)
    alone = {record.stage.phase: record.stage for record in (baseline.ancestors if baseline else ())}
    return Pair(
        intermediate=trainings["intermediate"],
        tested=evaluation.inputs.only(dict.fromkeys(score.lang for _, score in evaluation.scored)),
        purpose=evaluation.record.stage.purpose,
        target=trainings.get("target"),
        own=alone.get("target"),
    )
