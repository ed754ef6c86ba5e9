"""What ``--inter`` says besides names: tasks in certain languages (``a@de,ru``), and mixtures (``a+b``)."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from xh.plugins.languages import meant
from xh.plugins.registry import Registry, registry
from xh.spec import TaskSpec, UsageError
from xh.spec.kinds import facts


def task_in(name: str, role: str, registry: Registry) -> TaskSpec:
    """The task of this name; raises :class:`UsageError` if it has not this role."""
    task = registry.task(name)
    if role not in task.roles:
        article = "an" if role == "intermediate" else "a"
        raise UsageError(
            f"{task.name!r} is not {article} {role} task.",
            why=f"Its role is {' and '.join(task.roles)}.",
            todo=f"xh list-tasks --role {role} shows those that are.",
        )
    return task


def mixture(name: str, words: str, find: Callable[[str], TaskSpec], own: Iterable[str] = ()) -> TaskSpec:
    """The task that ``words`` (``a@de+b``) describe, under this ``name``; one part is no mixture.

    ``find`` gives the task of a name. What is said of a task several times is said once: ``a@es+a@it`` is ``a@es,it``.
    """
    wanted: dict[str, tuple[TaskSpec, tuple[str, ...]]] = {}
    for word in words.split("+"):
        short, _, codes = word.partition("@")
        task = find(short.strip())
        _, before = wanted.get(task.name, (task, ()))
        wanted[task.name] = task, (*before, *_codes(word, codes))
    parts = tuple(in_languages(task, langs, own) if langs else task for task, langs in wanted.values())
    if len(parts) == 1:
        return parts[0]
    languages = tuple(dict.fromkeys(lang for part in parts for lang in part.languages))
    return TaskSpec(
        name=name,
        title="a mixture",
        kind="mixture",
        roles=("intermediate",),
        languages=languages,
        data=(),
        metric="mean",
        parts=parts,
    )


def _codes(word: str, codes: str) -> tuple[str, ...]:
    if "@" in word and not all(codes.split(",")):
        raise UsageError(f"{word!r} names no language.", todo="Use e.g. mnli@de or mnli@en,de.")
    return tuple(codes.split(",")) if codes else ()


def in_languages(task: TaskSpec, langs: Iterable[str], own: Iterable[str] = ()) -> TaskSpec:
    """The task with training data in these languages; raises :class:`UsageError` for one that it has not.

    ``own``: the tasks for which the user has a folder, which may hold any language.
    """
    langs = tuple(dict.fromkeys(langs))
    there = {*task.languages, *task.translated}
    if task.name not in own and (lacking := [lang for lang in langs if lang not in there]):
        raise UsageError(
            f"{task.name!r} has no training data in {', '.join(lacking)}.",
            why=f"It has {', '.join(sorted(there))}. {meant(lacking[0], sorted(there), registry())}".strip(),
            todo=f"Put your own translation into FOLDER/{lacking[0]}/train.jsonl and use --data {task.name}=FOLDER.",
        )
    if langs == ("en",) and not facts(task.kind).text:
        return task
    translated = {lang: task.translated[lang] for lang in langs if lang in task.translated}
    return replace(task, name=f"{task.name}@{','.join(langs)}", train_languages=langs, translated=translated)
