"""The evaluations that words such as ``squad`` or ``model=mini`` name as arms, in comparable pairs."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from xh.plugins.registry import known
from xh.results.coordinates import Located, located
from xh.results.evaluation import Evaluation
from xh.results.names import data_name
from xh.results.texts import listed
from xh.spec import UsageError
from xh.spec.cell import AXES, BASELINE, written

Pair = tuple[Evaluation, Evaluation]
Places = Mapping[str, Mapping[str, str]]
"""By evaluation and axis a value. An axis that an evaluation lacks means nothing to it: there it agrees with all."""

OWN: dict[str, Callable[[Evaluation], Any]] = {
    "inter": lambda each: each.inter,
    "method": lambda each: each.method,
    "profile": lambda each: each.record.stage.purpose.profile,
    "data": lambda each: data_name(each.record),
    "seed": lambda each: each.seed,
}
"""What words can name besides coordinates, and whatever else tells apart evaluations."""
SHARED = ("inter", "method", "profile", "data", *(axis.replace("_", "-") for axis in AXES))
"""On these all pairs that are compared agree."""

STAGE = "evaluate-"
NEXT = re.compile(r",(?=[\w.:-]+=)")
TODO = "Name an arm by its column, by AXIS=VALUE,AXIS=VALUE, or by the beginning of a stage's id (xh store ls)."


class Arm(NamedTuple):
    """What a word names, and the axes on which it does; a stage's id decides all."""

    evaluations: list[Evaluation]
    axes: frozenset[str]


def pairs(evaluations: Sequence[Evaluation], a: str, b: str) -> dict[str, list[Pair]]:
    """By target the evaluations of two arms that agree on every axis that neither names: a pair for each seed.

    A word is a column of a table (``none``, ``squad``, ``squad · salt`` or ``squad:salt``), ``AXIS=VALUE``, several of
    these joined by commas, or the beginning of a stage's id. Raises :class:`~xh.spec.UsageError` that lists the arms
    where a word names none, and where there is nothing like with like, or more than one thing.
    """
    places = _places(evaluations)
    first, second = (_arm(word, evaluations, places) for word in (a, b))
    named = first.axes | second.axes
    same = [
        (one, other)
        for one in first.evaluations
        for other in second.evaluations
        if one.id != other.id and one.task.full_name == other.task.full_name
    ]
    found = [each for each in same if not _apart(each, places, named)]
    found.sort(key=lambda pair: pair[1].seed or pair[0].seed or 0)
    if not found:
        raise _nothing(a, b, same, evaluations, places, named)
    _check_single(found, places, named)
    targets = dict.fromkeys(one.task.name for one, _ in found)
    return {target: [each for each in found if each[0].task.name == target] for target in targets}


def _places(evaluations: Sequence[Evaluation]) -> Places:
    where = located(evaluations)
    return {each.id: dict(_place(each, where[each.id])) for each in evaluations}


def _place(each: Evaluation, where: Located) -> Iterator[tuple[str, str]]:
    own = {axis: value(each) for axis, value in OWN.items()}
    coordinates = {axis: getattr(where.at, axis) for axis in AXES}
    for axis, value in (own | coordinates | where.at.settings | where.others).items():
        if value is not None:
            yield axis.replace("_", "-") if axis in AXES else axis, written(axis, value)


def _arm(word: str, evaluations: Sequence[Evaluation], places: Places) -> Arm:
    axes = dict.fromkeys(axis for values in places.values() for axis in values)
    if word.startswith(STAGE):
        wanted = dict.fromkeys(axes, "")
        found = [each for each in evaluations if any(stage.startswith(word) for stage in each.stages)]
    else:
        wanted = dict(_wanted(word, evaluations, [*axes]))
        found = [each for each in evaluations if _has(places[each.id], wanted)]
    if not found:
        raise UsageError(f"{word!r} names no arm.", why=_there(evaluations, places), todo=TODO)
    return Arm(found, frozenset(wanted))


def _wanted(word: str, evaluations: Sequence[Evaluation], axes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The axes that a word names, with their values."""
    columns = {name: each for each in evaluations for name in _columns(each)}
    for part in (word,) if word in columns else NEXT.split(word):
        axis, equals, value = part.partition("=")
        if each := columns.get(part):
            yield from (("inter", each.inter), ("method", each.method))
        elif equals:
            known("axis", axis, axes)
            yield axis, value
        else:
            yield "inter", part  # which nothing has


def _columns(each: Evaluation) -> tuple[str, ...]:
    """What tables call an evaluation's column, and how it is typed."""
    return (
        (each.inter,) if each.method == BASELINE else (f"{each.inter} · {each.method}", f"{each.inter}:{each.method}")
    )


def _has(place: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether these values are wanted, as far as they mean something; a folder may be named without its content."""
    there = {axis: (place[axis], place[axis].partition("@sha256:")[0]) for axis in wanted if axis in place}
    return all(wanted[axis] in values for axis, values in there.items())


def _apart(pair: Pair, places: Places, named: frozenset[str]) -> list[str]:
    """The axes on which two evaluations differ though no arm names them."""
    first, second = (places[each.id] for each in pair)
    return [axis for axis in first if axis in second and axis not in named and first[axis] != second[axis]]


def _check_single(found: Sequence[Pair], places: Places, named: frozenset[str]) -> None:
    """Raise where pairs differ in more than target and seed, or a seed has several."""
    shared = [{**places[other.id], **places[one.id]} for one, other in found]
    if telling := _telling(shared, [axis for axis in SHARED if axis not in named]):
        several = dict.fromkeys(",".join(_words(place, telling)) for place in shared)
        raise UsageError("Several comparisons are possible:", why="\n".join(several), todo=f"Choose one. {TODO}")
    seeds = Counter((a.task.name, *(() if "seed" in named else (a.seed, b.seed))) for a, b in found)
    if max(seeds.values()) > 1:
        each = {one.id: one for pair in found for one in pair}.values()
        raise UsageError("An arm was evaluated more than once.", why=_there([*each], places), todo=TODO)


def _nothing(
    a: str, b: str, same: Sequence[Pair], evaluations: Sequence[Evaluation], places: Places, named: frozenset[str]
) -> UsageError:
    apart = dict.fromkeys(axis for pair in same for axis in _apart(pair, places, named))
    reason = f"They differ in {listed(apart)}, too." if apart else "They share no target, or are the same stages."
    why = f"{reason}\n{_there(evaluations, places)}"
    return UsageError(f"There is nothing to compare between {a} and {b}, like with like.", why=why, todo=TODO)


def _there(evaluations: Sequence[Evaluation], places: Places) -> str:
    """The arms of a store, each in words that name it."""
    found = [places[each.id] for each in evaluations]
    axes = dict.fromkeys(axis for place in found for axis in place if axis not in ("inter", "method", "seed"))
    telling = _telling(found, axes)
    arms = (",".join([_columns(each)[-1], *_words(places[each.id], telling)]) for each in evaluations)
    return "\n".join(["There are:", *sorted(set(arms), key=lambda words: (words.split(",")[0] != BASELINE, words))])


def _telling(found: Sequence[Mapping[str, str]], axes: Iterable[str]) -> list[str]:
    """The axes on which there are several values."""
    return [axis for axis in axes if len({place[axis] for place in found if axis in place}) > 1]


def _words(place: Mapping[str, str], axes: Iterable[str]) -> list[str]:
    return [f"{axis}={place[axis]}" for axis in axes if axis in place]
