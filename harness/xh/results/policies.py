"""Policies of selection compared: what the checkpoints that they took of one training score."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from xh.results.arms import Arms
from xh.results.averages import average_numbers, counted, examples, mean
from xh.results.baselines import Baselines
from xh.results.chance import at_chance
from xh.results.evaluation import Evaluation
from xh.results.grids import Draft, Entry, Grid, laid_out
from xh.results.numbers import named
from xh.results.records import Choice, Picked, Score, difference
from xh.results.summaries import deviation
from xh.spec.cell import Coordinates
from xh.spec.recipe import ORACLE


def choices(
    baselines: Baselines, evaluations: Iterable[Evaluation], places: Mapping[str, Coordinates]
) -> Iterator[Choice]:
    """A choice for each policy of the evaluations whose trainings compared several; ``places``: by first stage."""
    for each in evaluations:
        before = baselines.of(each) if each.picked else None
        scored = {picked.policy: picked for picked in (before.picked if before else ())}
        for picked in each.picked:
            yield _choice(each, places[each.id], picked, scored.get(picked.policy))


def grids(found: Sequence[Choice], arms: Arms) -> Iterator[Grid]:
    """Per target the average and the step of the checkpoint that each policy took, over the seeds."""
    for target in dict.fromkeys(choice.target for choice in found):
        cells: dict[str, dict[str, list[Choice]]] = {}
        members = [choice for choice in found if choice.target == target]
        for choice in members:
            cells.setdefault(named(choice.policy, choice.oracle), {}).setdefault(arms.label(choice), []).append(choice)
        for title, entry in (("average", _score), ("step", _steps)):
            drafts = [Draft(name, {each: entry(same) for each, same in by.items()}) for name, by in cells.items()]
            yield laid_out(
                f"{target}-{title}",
                f"{target} · {title} of the checkpoint that each policy selects",
                drafts,
                members,
                arms,
            )


def _score(seeds: Sequence[Choice]) -> Entry:
    scores, deltas = [each.score for each in seeds], [each.delta for each in seeds]
    score = average_numbers(scores)
    marked = bool(at_chance(score, seeds[0].chance, seeds[0].n))
    return Entry(score, average_numbers(deltas), deviation(scores), marked)


def _steps(seeds: Sequence[Choice]) -> Entry:
    return Entry(text=", ".join(str(each.step) for each in seeds))


def _choice(evaluation: Evaluation, at: Coordinates, picked: Picked, before: Picked | None) -> Choice:
    rows = counted(evaluation.task.kind, picked.scores)
    values = {score.lang: score.value for score in picked.scores if score.main}
    same = [score for score in before.scores if score.lang in values] if before else []
    compared = same if {score.lang for score in same} == values.keys() else ()
    score, baseline = _average(rows), _average(counted(evaluation.task.kind, compared))
    chance, n = mean(rows, lambda row: row.chance, average_numbers), examples(rows)
    return Choice(
        inter=evaluation.inter,
        method=evaluation.method,
        at=at,
        target=evaluation.task.name,
        seed=evaluation.seed,
        policy=picked.policy,
        shown=picked.policy == evaluation.policy,
        oracle=picked.policy == ORACLE,
        step=picked.step,
        dev=picked.dev,
        values=values,
        score=score,
        baseline=baseline,
        delta=difference(score, baseline),
        n=n,
        chance=chance,
        at_chance=at_chance(score, chance, n),
        stage=evaluation.id,
    )


def _average(rows: Sequence[Score]) -> float | None:
    return mean(rows, lambda row: row.value, average_numbers)
