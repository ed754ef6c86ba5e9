"""Which of a store's evaluations a report is about."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.data.labels import is_path
from xh.plugins.languages import check_words, members
from xh.plugins.registry import Registry, known, registry
from xh.results.evaluation import Evaluation, within
from xh.results.names import encoder_name, folder_name
from xh.spec import TaskSpec, UsageError
from xh.spec.cell import BASELINE

TITLES = {
    "inter": "intermediate task",
    "method": "method",
    "target": "target",
    "model": "encoder",
    "seed": "seed",
}
SHOWN = 12
"""Lines of what there is."""


class Filter(Struct, frozen=True, kw_only=True):
    """What a report is limited to; an empty field means everything.

    ``inter``, ``target``: names, aliases or groups of tasks; ``none`` is the baseline. ``method``: as it was typed, or
    one of those that were joined. ``langs``: of the targets, or groups of them; seen are those in which any training
    before the evaluations of a target that fit read data. What was not trained fits every seed.
    """

    inter: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    seed: tuple[int, ...] = ()


EVERYTHING = Filter()


def named(wanted: Filter, registry: Registry) -> Filter:
    """The filter with the names that tasks have for their aliases; what no plugin knows may be in the store."""

    def names(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(registry.tasks.get(word).name if word in registry.tasks else word for word in words)

    return replace(wanted, inter=names(wanted.inter), target=names(wanted.target))


def chosen(evaluations: Sequence[Evaluation], wanted: Filter) -> list[Evaluation]:
    """The evaluations that fit, in the languages wanted, and the baselines that they are compared with.

    Raises :class:`~xh.spec.UsageError` for a word that nothing in the store answers to, and where nothing fits.
    """
    asked = {name: words for name, words in _words(wanted).items() if words}
    if not asked or not evaluations:
        return list(evaluations)
    answers = {each.id: _answers(each) for each in evaluations}
    _check(asked, answers.values())

    others = {name: words for name, words in asked.items() if name != "langs"}

    def fits(evaluation: Evaluation) -> bool:
        found = answers[evaluation.id]
        return all(words & found[name] or (name == "seed" and not found[name]) for name, words in others.items())

    fitting = list(filter(fits, evaluations))
    if wanted.langs:
        langs = _languages(fitting, wanted.langs)
        fitting = [each for each in fitting if answers[each.id]["langs"] & {*langs[each.task.name]}]
    if not fitting:
        raise _nothing(evaluations, asked)
    kept = {each.id for each in fitting}
    compared = {each.record.stage.purpose.baseline for each in fitting}
    found = [each for each in evaluations if each.id in kept or compared & {each.record.stage.evaluation, *each.stages}]
    return list(filter(None, (within(each, langs[each.task.name]) if wanted.langs else each for each in found)))


def _check(asked: Mapping[str, set[str]], answers: Collection[Mapping[str, set[str]]]) -> None:
    for name, words in asked.items():
        there = set[str]().union(*(found[name] for found in answers))
        if name == "langs":
            check_words(sorted(words), there, registry())
        else:
            for word in sorted(words):
                known(TITLES[name], word, there or words)


def _languages(evaluations: Sequence[Evaluation], words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By target the languages that the words mean."""
    seen, scored = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for each in evaluations:
        seen[each.task.name] |= each.seen
        scored[each.task.name] |= {score.lang for _, score in each.scored}
    return {target: members(words, sorted(langs), registry(), seen[target]) for target, langs in scored.items()}


def _words(wanted: Filter) -> dict[str, set[str]]:
    return {
        "inter": set(wanted.inter),
        "method": set(wanted.method),
        "target": set(wanted.target),
        "model": {folder_name(word) if is_path(word) else word for word in wanted.model},
        "langs": set(wanted.langs),
        "seed": set(map(str, wanted.seed)),
    }


def _answers(evaluation: Evaluation) -> dict[str, set[str]]:
    """By field the words that match an evaluation."""
    target, encoder = evaluation.task, encoder_name(evaluation.record)
    return {
        "inter": {evaluation.inter}.union(*map(_called, evaluation.learnt)),
        "method": {evaluation.method, *evaluation.method.split("+")},
        "target": {target.name} | _called(target),
        "model": {encoder, encoder.partition("@sha256:")[0]},
        "langs": {score.lang for _, score in evaluation.scored},
        "seed": set() if evaluation.seed is None else {str(evaluation.seed)},
    }


def _called(task: TaskSpec) -> set[str]:
    return {task.full_name, *task.aliases, *task.groups, "all"}


def _nothing(evaluations: Sequence[Evaluation], asked: dict[str, set[str]]) -> UsageError:
    """The error that says what there is."""
    options = " ".join(f"--{name} {','.join(sorted(words))}" for name, words in asked.items())
    there = list(dict.fromkeys(map(_described, evaluations)))
    more = [f"and {len(there) - SHOWN} more"] if len(there) > SHOWN else []
    why = "\n".join(["There are:", *there[:SHOWN], *more])
    return UsageError(f"Nothing in the store matches {options}.", why=why, todo="Omit one of these options.")


def _described(evaluation: Evaluation) -> str:
    seed = "" if evaluation.seed is None else f" --seed {evaluation.seed}"
    method = "" if evaluation.method == BASELINE else f" --method {evaluation.method}"
    model = encoder_name(evaluation.record)
    return f"--inter {evaluation.inter}{method} --target {evaluation.task.name} --model {model}{seed}"
