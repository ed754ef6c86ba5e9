"""In which languages a task is trained and its checkpoint selected."""

from collections.abc import Iterable

from xh.spec.kinds import facts
from xh.spec.task import TaskSpec


def train_languages(task: TaskSpec) -> tuple[str, ...]:
    """The languages that are learnt at once: those that were asked for; all of running text, else one."""
    return task.train_languages or (task.languages if facts(task.kind).text else (train_language(task),))


def dev_languages(task: TaskSpec, train: TaskSpec) -> tuple[str, ...]:
    """The languages to select by: English, those of running text, or a target's that is trained in its own."""
    if facts(task.kind).text:
        return train_languages(task)
    own = tuple(lang for lang in train.train_languages if lang in task.languages)
    return (own if "target" in task.roles else ()) or (train_language(task),)


def other_languages(dev: TaskSpec, train: TaskSpec, langs: Iterable[str]) -> tuple[str, ...]:
    """Those of the languages whose dev sets say how well a target transfers: those that nothing is learnt in."""
    home = dev_languages(dev, train)
    return tuple(lang for lang in langs if "dev" in dev.splits and lang in dev.languages and lang not in home)


def train_language(task: TaskSpec) -> str:
    """English, or the only language of a task that has no English."""
    return "en" if "en" in task.languages else task.languages[0]
