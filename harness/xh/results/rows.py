"""From finished stages to rows: each score with its baseline, and whether it is comparable."""

from collections.abc import Iterable, Sequence
from typing import Any

from xh.results import machines
from xh.results.against_gain import correlations
from xh.results.appendix import appendix, versions
from xh.results.averages import averages, counted
from xh.results.baselines import Baselines
from xh.results.chance import at_chance
from xh.results.comparable import train_languages, why_not
from xh.results.coordinates import Located, located
from xh.results.evaluation import Evaluation, Part, called_alike, read, stored
from xh.results.filters import EVERYTHING, Filter, chosen
from xh.results.intervals import Resampler, interval
from xh.results.names import data_name, encoder_name
from xh.results.policies import choices
from xh.results.provenance import Run
from xh.results.records import Average, Results, Row, Score, Scores, difference, joined
from xh.results.represented import similarities
from xh.results.summaries import summaries
from xh.results.trainings import training_logs
from xh.spec.cell import Cell
from xh.spec.recipe import ORACLE
from xh.store import Store

__all__ = ["Average", "Results", "Row", "Run", "Score", "Scores", "collect"]


def collect(
    store: Store, cells: Sequence[Cell] | None = None, *, unequal: bool = False, wanted: Filter = EVERYTHING
) -> Results:
    """The results of a plan's cells, in their order, as far as they are finished; or of all that is in the store.

    ``unequal``: average also where others that it would stand beside cover more languages. ``wanted``: only these.
    Raises :class:`~xh.spec.StorageError` if a whole stage's ``scores.json`` does not parse.
    """
    known = store.evaluations()
    evaluations = chosen(called_alike(stored(store, known) if cells is None else _of(cells, store)), wanted)
    places = located(evaluations)
    if cells is None:
        evaluations.sort(key=lambda each: _order(each, places[each.id]))
    baselines = Baselines(store, known)
    resampler = Resampler(store)
    rows = {
        each.id: [_row(each, *scored, places[each.id], baselines, resampler) for scored in each.scored]
        for each in evaluations
    }
    main = {each.id: counted(each.task.kind, rows[each.id]) for each in evaluations}
    means = averages(evaluations, main, resampler.gain, unequal)
    at = {key: place.at for key, place in places.items()}
    similar = tuple(similarities(store, evaluations, at, main, means, baselines))
    return Results(
        rows=tuple(row for group in rows.values() for row in group),
        averages=tuple(means),
        summaries=tuple(summaries(main, means, resampler.gain)),
        policies=tuple(choices(baselines, evaluations, at)),
        similarities=similar,
        correlations=tuple(correlations(similar, main)),
        trainings=tuple(training_logs(store, evaluations, at)),
        run=_run(evaluations),
        appendix=appendix(store, evaluations),
    )


def _of(cells: Iterable[Cell], store: Store) -> list[Evaluation]:
    found = {cell.stages: read(store, cell.stages, cell.languages) for cell in cells}
    return [evaluation for evaluation in found.values() if evaluation]


def _order(evaluation: Evaluation, place: Located) -> tuple[Any, ...]:
    purpose = evaluation.record.stage.purpose
    baseline_first = (purpose.baseline is not None, evaluation.inter, evaluation.method)
    where = (encoder_name(evaluation.record), purpose.profile, data_name(evaluation.record))
    return (*where, evaluation.task.name, *baseline_first, evaluation.seed or 0, str(place), evaluation.id)


def _row(
    evaluation: Evaluation,
    part: Part,
    score: Score,
    place: Located,
    baselines: Baselines,
    resampler: Resampler,
) -> Row:
    stage = part.record.stage
    compared = baselines.find(stage, score.lang)
    baseline = compared.value(score.lang, score.metric) if compared else None
    reasons = why_not(part.record, evaluation.ancestors, score, part.scores.protocol)
    draws = resampler.draws(stage.id, compared.id if compared else None, score.lang, score.metric)
    return Row(
        inter=evaluation.inter,
        method=evaluation.method,
        at=place.at,
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
        protocol=_protocol(evaluation, part, score.lang, compared, place.others),
        comparable=not reasons,
        why_not=joined(reasons),
    )


def _protocol(
    evaluation: Evaluation, part: Part, lang: str, baseline: Evaluation | None, others: dict[str, Any]
) -> dict[str, Any]:
    stage, task = part.record.stage, evaluation.task
    unlike = machines.unlike((*evaluation.ancestors, part.record), baseline.chain) if baseline else ()
    return {
        "encoder": encoder_name(part.record),
        "encoder_identity": stage.inputs.encoder,
        "profile": stage.purpose.profile,
        "source": data_name(part.record),
        "kind": task.kind,
        **({"select": policy, "oracle": policy == ORACLE} if (policy := evaluation.policy) else {}),
        **(
            {"trained_in": langs, "zero_shot": lang not in langs}
            if (langs := train_languages(evaluation.ancestors))
            else {}
        ),
        "data": stage.inputs.contents_in(lang).get("test"),
        **machines.described(part.record),
        **part.scores.protocol,
        **({"baseline": baseline.id} if baseline else {}),
        **({"unlike": unlike} if unlike else {}),
        **({"settings": others} if others else {}),
    }


def _run(evaluations: Sequence[Evaluation]) -> Run:
    records = {record.stage.id: record for each in evaluations for record in each.chain}.values()
    return Run(
        encoder=_joined(map(encoder_name, records)),
        profile=_joined(record.stage.purpose.profile for record in records),
        versions=versions(records),
        seconds=round(sum(record.seconds for record in records), 3),
    )


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
