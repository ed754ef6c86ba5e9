"""The languages that a target is tested in."""

from collections.abc import Iterable

from xh.plugins.languages import members
from xh.plugins.registry import Registry
from xh.spec import TaskSpec
from xh.spec.kinds import facts
from xh.spec.train_languages import train_languages


def tested_in(
    target: TaskSpec, words: tuple[str, ...], inters: Iterable[TaskSpec | None], lang: str | None, registry: Registry
) -> tuple[str, ...]:
    """The target's languages that the words of ``--langs`` mean; without any all.

    Of those seen are the ones in which any of the intermediate tasks, or the target's own training, reads its train
    split. ``lang``: the language that targets are trained in, where it isn't the usual one.
    """
    if not words:
        return target.languages
    tasks = [part for inter in inters if inter for part in inter.members]
    seen = {each for task in tasks for each in train_languages(task)} | _own(target, lang, registry)
    return members(words, target.languages, registry, seen)


def _own(target: TaskSpec, lang: str | None, registry: Registry) -> set[str]:
    trained = facts(target.kind).trained
    own = (target,) if trained and "train" in target.splits else ()
    *before, last = own or tuple(map(registry.task, target.steps)) or (None,)
    if last is None:
        return set()
    langs = (lang,) if lang and trained else train_languages(last)
    return {each for source in before if source for each in train_languages(source)} | {*langs}
