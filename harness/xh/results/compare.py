"""Two arms of a table, example by example: how certain their difference is, and which examples changed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from msgspec.structs import replace

from xh.results import machines
from xh.results.averages import average_numbers, counted
from xh.results.change import Change
from xh.results.changes import Counts, extreme, paired_counts, shares
from xh.results.comparison import Compared, Comparison
from xh.results.evaluation import Evaluation, called_alike, stored
from xh.results.filters import EVERYTHING, Filter, chosen
from xh.results.intervals import Draws, Resampler, interval
from xh.results.intervals import average as average_draws
from xh.results.names import data_name, encoder_name
from xh.results.paired import Pair, pairs
from xh.results.records import difference
from xh.results.significance import bootstrap, holm, mcnemar, randomisation
from xh.results.texts import listed
from xh.spec import UsageError
from xh.store import Store

OUTCOMES = ("gained", "lost", "both_right", "both_wrong")


def compare(store: Store, a: str, b: str, wanted: Filter = EVERYTHING, count: int = 0) -> Compared:
    """Two arms of a store (see :func:`~xh.results.paired.pairs`), in the languages that both have.

    ``count``: of each target at most so many of the worst changes, and then of the best, without their texts. Raises
    :class:`~xh.spec.UsageError` where the arms are not to be found, or did not read the same data.
    """
    known = chosen(called_alike(stored(store, store.evaluations())), wanted)
    found = pairs(known, a, b)
    resampler = Resampler(store)
    singles = {target: list(_compared(target, same, resampler)) for target, same in found.items()}
    comparisons = _corrected([each for parts in singles.values() for each in parts])
    changes = [change for parts in singles.values() for change in _changes(parts, resampler, count)]
    return Compared(
        a=a,
        b=b,
        context=_context(found),
        comparisons=tuple(comparisons),
        family=_family(comparisons),
        changes=tuple(changes),
        notes=tuple(dict.fromkeys(note for target, same in found.items() for note in _notes(target, same, a, b))),
    )


def _compared(target: str, same: Sequence[Pair], resampler: Resampler) -> Iterator[Comparison]:
    """A target's counted metrics, each by language and then over the languages."""
    langs, after = _languages(target, same), same[0][1]
    metrics = {score.metric: score.main for score in counted(after.task.kind, [score for _, score in after.scored])}
    for metric, main in metrics.items():
        parts = [_in_language(target, lang, metric, main, same, resampler) for lang in langs]
        yield from parts
        if len(parts) > 1:
            yield _mean(parts, resampler)


def _languages(target: str, same: Sequence[Pair]) -> list[str]:
    """The languages that all evaluations have; raises if both arms have one but read different data in it."""
    first = same[0][0]
    shared = [lang for lang in _scored(first) if all(lang in _scored(each) for pair in same for each in pair)]
    for lang, (one, other) in product(shared, same):
        if _read(one, lang) != _read(other, lang):
            what = f"{target} {lang}: the two arms are not evaluated on the same data."
            why = f"{one.stage_in(lang)} read {_read(one, lang)}, {other.stage_in(lang)} read {_read(other, lang)}."
            todo = "Evaluate both on the same data and rows, or choose other languages with --langs."
            raise UsageError(what, why=why, todo=todo)
    if not shared:
        raise UsageError(f"{target}: the two arms have no language in common.", todo="xh report shows which each has.")
    return shared


def _scored(evaluation: Evaluation) -> dict[str, None]:
    return dict.fromkeys(score.lang for _, score in evaluation.scored)


def _read(evaluation: Evaluation, lang: str) -> str:
    """What an evaluation read in a language: the data's identities, and how many rows at most."""
    inputs = evaluation.inputs
    limit = {} if inputs.limit_eval is None else {"limit_eval": inputs.limit_eval}
    return ", ".join(f"{name} {value}" for name, value in (inputs.contents_in(lang) | limit).items())


def _in_language(
    target: str, lang: str, metric: str, main: bool, same: Sequence[Pair], resampler: Resampler
) -> Comparison:
    values = [[each.value(lang, metric) for each in pair] for pair in same]
    a, b = (average_numbers(side) for side in zip(*values, strict=True))
    found = Comparison(
        target=target,
        lang=lang,
        metric=metric,
        main=main,
        seeds=tuple(seed for one, other in same if (seed := other.seed or one.seed) is not None),
        a=a,
        b=b,
        delta=difference(b, a),
        n=next(score.n for _, score in same[0][1].scored if score.lang == lang),
        stages=tuple((one.stage_in(lang), other.stage_in(lang)) for one, other in same),
    )
    draws, counts = _draws(found, resampler), paired_counts(found.stages, lang, metric, resampler)
    tested = _by_draws(found, draws) if counts is None else _by_example(counts)
    return replace(found, ci95_examples=interval(draws), **tested)


def _mean(parts: Sequence[Comparison], resampler: Resampler) -> Comparison:
    a, b = (average_numbers(side) for side in ([part.a for part in parts], [part.b for part in parts]))
    draws = average_draws([_draws(part, resampler) for part in parts])
    stages = tuple(dict.fromkeys(pair for part in parts for pair in part.stages))
    sums = {name: _sum([getattr(part, name) for part in parts]) for name in ("n", *OUTCOMES)}
    found = replace(parts[0], lang=None, a=a, b=b, delta=difference(b, a), stages=stages, **sums)
    return replace(found, ci95_examples=interval(draws), **_by_draws(found, draws))


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [each for each in counts if each is not None]
    return sum(known) if len(known) == len(counts) else None


def _draws(part: Comparison, resampler: Resampler) -> Draws | None:
    """The difference in each draw of examples, [DRAWS]: the mean over seeds."""
    lang, metric = str(part.lang), part.metric
    return average_draws([resampler.draws(after, before, lang, metric) for before, after in part.stages])


def _by_example(counts: Counts) -> dict[str, Any]:
    """What became of the examples, and the test of that: exact where each is right or wrong, and there is one seed."""
    before, after = shares(counts)
    right = int(((before == 1) & (after == 1)).sum())
    gained, lost, n = int((after > before).sum()), int((after < before).sum()), len(before)
    exact = counts.shape[1] == 1 and set(counts.ravel()) <= {0, 1} and counts[..., 1].all()
    test, p = ("mcnemar", mcnemar(gained, lost)) if exact else ("randomisation", randomisation(counts))
    outcomes = dict(zip(OUTCOMES, (gained, lost, right, n - gained - lost - right), strict=True))
    return {"n": n, **outcomes, "test": test, "p": p}


def _by_draws(found: Comparison, draws: Draws | None) -> dict[str, Any]:
    p = bootstrap(found.delta, draws, found.n)
    return {"test": None if p is None else "bootstrap", "p": p}


def _corrected(found: Sequence[Comparison]) -> list[Comparison]:
    p_values = iter(holm([each.p for each in found if each.p is not None]))
    return [each if each.p is None else replace(each, p_holm=next(p_values)) for each in found]


def _family(found: Sequence[Comparison]) -> str:
    """``5 comparisons: bucc f1 (de, fr, ru, zh, average)``."""
    members: dict[str, list[str]] = {}
    for each in found:
        if each.p is not None:
            members.setdefault(f"{each.target} {each.metric}", []).append(each.lang or "average")
    count = sum(map(len, members.values()))
    names = "; ".join(f"{name} ({listed(langs)})" for name, langs in members.items())
    return f"{count} comparison{'s' * (count != 1)}" + (f": {names}" if names else "")


def _changes(parts: Sequence[Comparison], resampler: Resampler, count: int) -> Iterator[Change]:
    """Of a target the worst changes and then the best, in whatever language."""
    main = [part for part in parts if part.main and part.lang]
    for sign in (-1, 1):
        found = [
            each
            for part in main
            for each in extreme(part.target, str(part.lang), part.metric, part.stages, resampler, count, sign)
        ]
        yield from sorted(found, key=lambda each: (sign * (each.a - each.b), each.example))[:count]


def _context(found: Mapping[str, Sequence[Pair]]) -> str:
    """``encoder mini · profile mini · data sample · seed 1``: what both arms have, and where they differ all of it."""
    each = [one for same in found.values() for pair in same for one in pair]
    seeds = sorted({one.seed for one in each if one.seed is not None})
    said = {
        "encoder": [encoder_name(one.record) for one in each],
        "profile": [one.record.stage.purpose.profile for one in each],
        "data": [data_name(one.record) for one in each],
        "seed" if len(seeds) == 1 else "seeds": list(map(str, seeds)),
    }
    return " · ".join(f"{name} {', '.join(dict.fromkeys(values))}" for name, values in said.items() if any(values))


def _notes(target: str, same: Sequence[Pair], a: str, b: str) -> Iterator[str]:
    for one, other in same:
        for text in machines.unlike(other.chain, one.chain, a):
            yield f"{target}: {b} was computed differently: {text}."
        if alone := sorted({*_scored(one)} ^ {*_scored(other)}):
            yield f"{target}: only one arm has {listed(alone)}."
