"""From finished stages to rows: each score with its baseline, and whether it is comparable."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from xh.plan import Cell
from xh.results.averages import averages, counted
from xh.results.chance import at_chance
from xh.results.comparable import learnt, why_not
from xh.results.evaluation import Evaluation, read
from xh.results.intervals import Resampler, interval
from xh.results.policies import choices
from xh.results.provenance import commits
from xh.results.records import Average, Results, Row, Run, Score, Scores, difference
from xh.results.settings import settings
from xh.results.summaries import summaries
from xh.spec.recipe import ORACLE
from xh.store import Store

__all__ = ["Average", "Results", "Row", "Run", "Score", "Scores", "collect"]

Baselines = Callable[[str | None], dict[tuple[str, str], float]]


def collect(store: Store, cells: Sequence[Cell] | None = None, *, unequal: bool = False) -> Results:
    """The results of a plan's cells, in their order, as far as they are finished; or of all that is in the store.

    ``unequal``: average also where others that it would stand beside cover more languages.
    Raises :class:`~xh.spec.StorageError` if a whole stage's ``scores.json`` does not parse.
    """
    evaluations = _evaluations(store, store.ids() if cells is None else [cell.stage for cell in cells])
    differing = settings(evaluations)
    if cells is None:
        evaluations.sort(key=lambda each: _order(each, differing[each.id]))
    baselines = _baselines(store)
    resampler = Resampler(store)
    rows = {
        each.id: [_row(each, score, differing, baselines, resampler) for score in each.scores.scores]
        for each in evaluations
    }
    main = {each.id: counted(each.task.kind, rows[each.id]) for each in evaluations}
    found = averages(evaluations, main, resampler.gain, unequal)
    return Results(
        rows=tuple(row for group in rows.values() for row in group),
        averages=tuple(found),
        summaries=tuple(summaries(main, found, resampler.gain)),
        policies=tuple(choices(store, evaluations)),
        run=_run(evaluations),
    )


def _evaluations(store: Store, ids: Iterable[str]) -> list[Evaluation]:
    return [found for stage in dict.fromkeys(ids) if (found := read(store, stage))]


def _order(evaluation: Evaluation, differing: dict[str, Any]) -> tuple[Any, ...]:
    label = evaluation.record.stage.label
    baseline_first = (label.baseline is not None, evaluation.inter)
    where = (label.encoder, label.profile, label.data)
    return (*where, evaluation.task.name, *baseline_first, evaluation.seed or 0, str(differing), evaluation.id)


def _baselines(store: Store) -> Baselines:
    """A function from a baseline's stage to its values by language and metric; empty where it isn't finished."""

    @cache
    def values(stage: str | None) -> dict[tuple[str, str], float]:
        found = read(store, stage) if stage else None
        return {(score.lang, score.metric): score.value for score in found.scores.scores} if found else {}

    return values


def _row(
    evaluation: Evaluation,
    score: Score,
    differing: dict[str, dict[str, Any]],
    baselines: Baselines,
    resampler: Resampler,
) -> Row:
    stage = evaluation.record.stage
    baseline = baselines(stage.label.baseline).get((score.lang, score.metric))
    reason = why_not(evaluation.record, evaluation.ancestors, score, evaluation.scores.protocol)
    draws = resampler.draws(stage.id, stage.label.baseline, score.lang, score.metric)
    return Row(
        inter=evaluation.inter,
        target=evaluation.task.name,
        lang=score.lang,
        seed=evaluation.seed,
        metric=score.metric,
        value=score.value,
        baseline=baseline,
        delta=difference(score.value, baseline),
        ci95_examples=interval(draws),
        n=score.n,
        main=score.main,
        chance=score.chance,
        at_chance=at_chance(score.value, score.chance, score.n),
        stage=stage.id,
        protocol=_protocol(evaluation, score.lang, differing[stage.id]),
        comparable=reason is None,
        why_not=reason,
    )


def _protocol(evaluation: Evaluation, lang: str, differing: dict[str, Any]) -> dict[str, Any]:
    label, task = evaluation.record.stage.label, evaluation.task
    return {
        "encoder": label.encoder,
        "profile": label.profile,
        "source": label.data,
        "kind": task.kind,
        **({"select": policy, "oracle": policy == ORACLE} if (policy := evaluation.policy) else {}),
        **({"trained_in": langs, "zero_shot": lang not in langs} if (langs := learnt(evaluation.ancestors)) else {}),
        "data": evaluation.record.stage.inputs.data.get(f"{task.name}/test/{lang}"),
        **({"hub": found} if (found := commits(evaluation.chain)) else {}),
        **evaluation.scores.protocol,
        **({"baseline": label.baseline} if label.baseline else {}),
        **({"settings": differing} if differing else {}),
    }


def _run(evaluations: Sequence[Evaluation]) -> Run:
    records = {record.stage.id: record for each in evaluations for record in each.chain}.values()
    return Run(
        encoder=_joined(record.stage.label.encoder for record in records),
        profile=_joined(record.stage.label.profile for record in records),
        versions={
            name: _joined(record.versions[name] for record in records if name in record.versions)
            for name in sorted({name for record in records for name in record.versions})
        },
        seconds=round(sum(record.seconds for record in records), 3),
    )


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
