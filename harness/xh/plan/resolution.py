"""A request with every name looked up."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, get_args

from msgspec import Struct

from xh.data.places import is_folder, own_folders
from xh.plan.languages import tested_in
from xh.plan.methods import Methods, is_method, methods
from xh.plan.mixtures import mixture, task_in
from xh.plan.recipes import settings_of
from xh.plan.request import Keep, Limit, Request
from xh.plan.settings import Profile, mixtures, profile
from xh.plan.variants import varied
from xh.plugins.languages import check_words
from xh.plugins.registry import Registry, known
from xh.spec import TaskSpec, UsageError
from xh.spec.cell import BASELINE
from xh.spec.comparisons import MEASURES
from xh.spec.discreet import printable
from xh.spec.errors import did_you_mean
from xh.spec.kinds import facts
from xh.spec.recipe import Values

LAST_SEED = 2**32 - 1
"""NumPy takes no larger one."""


class Target(NamedTuple):
    """A target and the languages to test it in."""

    task: TaskSpec
    langs: tuple[str, ...]

    @property
    def is_trained(self) -> bool:
        """Whether it is fine-tuned before it is tested."""
        return facts(self.task.kind).trained or bool(self.task.steps)


class Resolution(Struct, frozen=True, kw_only=True):
    """A request with its names looked up: intermediate tasks (None is the baseline), targets with their languages.

    ``untested``: targets that have none of the languages asked for, where others have. ``grouped``: the intermediate
    tasks that only a group names; they are left out where their data are missing. ``data``: where the data sets are
    (``hub``, ``sample`` or a folder), ``others``: where those are that it lacks; ``own``: the folders of tasks that
    have one to themselves. ``pairs``: each intermediate task with each of the ``methods``, by name; first the baseline
    with none.
    """

    inters: tuple[TaskSpec | None, ...]
    grouped: frozenset[str]
    targets: tuple[Target, ...]
    untested: tuple[str, ...]
    profile: Profile
    overrides: dict[str, Values]
    encoder: str
    data: str
    others: tuple[str, ...]
    own: dict[str, str]
    train_lang: str | None
    methods: dict[str, Methods]
    pairs: tuple[tuple[str, str], ...]


def resolve(request: Request, registry: Registry) -> Resolution:
    """Look everything up; errors name the word that does not fit and what would."""
    _check_names(request)
    settings = profile(request.profile_name)
    encoder = request.model or settings.encoder
    if not encoder:
        raise UsageError("No encoder is named.", todo="Use --model FOLDER-OR-HUB-ID, or a --profile that has one.")
    _check_numbers(request)
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", request.device):
        todo = "Use auto, cpu, cuda, or cuda:N for one GPU."
        raise UsageError(f"--device {request.device!r} is not a device.", todo=todo)
    known("choice of --keep", request.keep, get_args(Keep))
    for measure in request.similarity:
        known("measure of --similarity", measure, MEASURES)
    folders = {"--model": encoder if is_folder(encoder) else "", "--runs": request.runs}
    _check_text(folders | {"HF_HOME": os.environ.get("HF_HOME", "")})
    own = own_folders(request.data.own, registry)
    settings_of_methods, overrides = _overrides(request.overrides, registry)
    changes = {made.name: made for made in methods(request.method, registry, settings_of_methods)}
    names = _Names(registry, settings, overrides)
    inters = names.inters(request, own)
    targets = names.targets(request, inters)
    tasks = [*filter(None, inters), *(target.task for target in targets)]
    _check_sections(settings, registry)
    _check_named(overrides, tasks)
    steps = [(task, registry.task(name)) for task in tasks for name in task.steps]
    _check_used("--set", overrides, tasks, [step.name for task, step in steps if step.kind != task.kind])
    _check_used("--data", own, tasks, [step.name for _, step in steps])
    return Resolution(
        inters=inters,
        grouped=_grouped(request, inters, registry),
        targets=tuple(target for target in targets if target.langs),
        untested=tuple(target.task.name for target in targets if not target.langs),
        profile=settings,
        overrides=overrides,
        encoder=encoder,
        data=request.data.main or settings.data,
        others=request.data.others,
        own=own,
        train_lang=request.train_lang,
        methods=changes,
        pairs=tuple(_pairs(request, inters, changes)),
    )


def _overrides(overrides: Mapping[str, Values], registry: Registry) -> tuple[dict[str, Values], dict[str, Values]]:
    """The settings of methods, and those of tasks, by name."""
    ours = {word: values for word, values in overrides.items() if is_method(word, registry)}
    others = {_task_name(word, registry): values for word, values in overrides.items() if word not in ours}
    return {registry.methods.get(word).name: values for word, values in ours.items()}, others


def _pairs(
    request: Request, inters: Iterable[TaskSpec | None], changes: Mapping[str, Methods]
) -> Iterator[tuple[str, str]]:
    """Every intermediate task with every method; without one only where ``none`` is asked for, or no task is."""
    if request.baseline:
        yield BASELINE, BASELINE
    alone = BASELINE in request.inter or not any(inters)
    for method in changes.values():
        for inter in inters:
            if inter:
                method.check_fits(inter)
            if inter or alone:
                yield inter.name if inter else BASELINE, method.name


def _task_name(word: str, registry: Registry) -> str:
    """The name of the task whose setting is meant; that of a mixture as it was typed."""
    return word if not word or set(word) & set("+@") or word in mixtures() else registry.task(word).name


class _Names:
    """Looks tasks up, with the variants that the profile and ``--set`` choose."""

    def __init__(self, registry: Registry, settings: Profile, overrides: dict[str, Values]) -> None:
        self.registry, self.settings, self.overrides = registry, settings, overrides

    def inters(self, request: Request, own: Iterable[str]) -> tuple[TaskSpec | None, ...]:
        """The intermediate tasks, None for the baseline; ``own``: the tasks for which the user has a folder."""
        named = mixtures()
        tasks: list[TaskSpec | None] = [None] if request.baseline else []
        for word in request.inter:
            if word in named or set(word) & set("+@"):
                tasks.append(mixture(word, named.get(word, word), lambda name: self._task(name, "intermediate"), own))
            else:
                tasks += self._expanded(word, "intermediate")
        if not tasks:
            todo = "Use --inter TASK, e.g. --inter squad."
            raise UsageError("Without the baseline there is nothing to run.", todo=todo)
        return tuple(_unique(tasks))

    def targets(self, request: Request, inters: Iterable[TaskSpec | None]) -> tuple[Target, ...]:
        """The targets, each in those of the wanted languages that it has: one of them at least has some."""
        tasks = _unique(task for word in request.target for task in self._expanded(word, "target"))
        if not tasks:
            raise UsageError("No target is named.", todo="Use --target TASK, e.g. --target xquad,bucc.")
        in_languages = [lang for task in tasks if task for lang in task.languages]
        check_words(request.langs, in_languages, self.registry)
        targets = [_target(task, request, inters, self.registry) for task in tasks]
        if not any(target.langs for target in targets):
            none = f"Target {targets[0].task.name!r} has" if len(targets) == 1 else "The targets have"
            todo = f"Languages: {', '.join(dict.fromkeys(in_languages))}."
            raise UsageError(f"{none} none of the languages {', '.join(request.langs)}.", todo=todo)
        return tuple(targets)

    def _expanded(self, word: str, role: str) -> list[TaskSpec | None]:
        if word == BASELINE:
            return [None]
        if word in self.registry.groups():
            return [self._varied(task) for _, _, task in self.registry.select(role=role, group=word)]
        return [self._task(word, role)]

    def _task(self, name: str, role: str) -> TaskSpec:
        return self._varied(task_in(name, role, self.registry))

    def _varied(self, task: TaskSpec) -> TaskSpec:
        return self.registry.settled(varied(task, self.settings, self.overrides))


def _target(task: TaskSpec | None, request: Request, inters: Iterable[TaskSpec | None], registry: Registry) -> Target:
    if task is None:
        raise UsageError("'none' is not a target.", todo="Use --inter none for the baseline.")
    return Target(task, tested_in(task, request.langs, inters, request.train_lang, registry))


def _unique(tasks: Iterable[TaskSpec | None]) -> list[TaskSpec | None]:
    return list({task.name if task else BASELINE: task for task in tasks}.values())


def _grouped(request: Request, inters: Iterable[TaskSpec | None], registry: Registry) -> frozenset[str]:
    typed = {registry.task(word).name for word in request.inter if word in registry.tasks}
    words = [word for word in request.inter if word in registry.groups()]
    members = {task.name for word in words for _, _, task in registry.select(group=word)}
    return frozenset(task.name for task in inters if task and task.name in members - typed)


def _check_names(request: Request) -> None:
    names = {"profile": request.profile, "model": request.model, "data": request.data.main, "runs": request.runs}
    for name, text in names.items():
        if text is not None and (not text or "\0" in text):
            raise UsageError(f"--{name} {text!r} is not a name.", todo="Omit the option to use its default.")


def _check_numbers(request: Request) -> None:
    for name in ("limit_train", "limit_intermediate", "limit_target", "limit_eval"):
        _check_limit(f"--{name.replace('_', '-')}", getattr(request, name))
    if not request.seeds or min(request.seeds) < 0 or max(request.seeds) > LAST_SEED:
        raise UsageError("--seeds takes whole numbers from 0, e.g. --seeds 1,2,3.", why=f"The largest is {LAST_SEED}.")


def _check_limit(option: str, value: Limit) -> None:
    if value is not None and not (value > 0 if isinstance(value, float) else value >= 1):
        raise UsageError(f"{option} {value} leaves no rows.", todo="Use 1 or more.")
    if isinstance(value, float) and value > 1:
        raise UsageError(f"{option} {value} is not a share.", todo="Use e.g. 10%, or 1000 for rows.")


def _check_text(folders: Mapping[str, str]) -> None:
    for option, folder in folders.items():
        place = str(Path(folder).expanduser().resolve())
        if folder and printable(place) != place:
            raise UsageError(
                f"{option} {printable(folder)}: the name {printable(place)} is not UTF-8.",
                why="The libraries that read and write weights and tokenizers there accept no other names.",
                todo="Rename that folder, or take another.",
            )


def _check_sections(settings: Profile, registry: Registry) -> None:
    """A recipe section must name a kind or a task, unless a plugin that might have had it is missing."""
    if registry.plugins.broken or any(plugin.disabled for plugin in registry.plugins.found):
        return
    for section in settings.recipes:
        if section not in registry.tasks:
            names = {name for name, _ in registry.tasks}.union(registry.kind_names)
            known(f"kind or task (from {settings.origin}.recipes.{section}])", section, names)


def _check_named(overrides: Mapping[str, Values], tasks: Iterable[TaskSpec]) -> None:
    """Raise for a setting that names no task, with those of the run's tasks that have it."""
    owners: dict[str, list[str]] = {}
    for task in tasks:
        for name, key in settings_of(task):
            owners.setdefault(key, []).append(name)
    for key, value in overrides.get("", {}).items():
        words = [f"--set {name}.{key}={value}" for name in dict.fromkeys(owners.get(key, ()))]
        raise UsageError(
            f"--set {key}={value} names no task.",
            why="" if words else f"No task of this run has a setting {key!r}. {did_you_mean(key, [*owners])}".strip(),
            todo=f"Use {' or '.join(words)}." if words else "Use --set TASK.KEY=VALUE, with a KEY of xh show TASK.",
        )


def _check_used(option: str, names: Iterable[str], tasks: Iterable[TaskSpec], steps: Iterable[str]) -> None:
    """Raise for a name of none of the tasks; ``steps``: what targets are trained on, as far as the option is theirs."""
    parts = [each for task in tasks for each in (task, *task.parts)]
    used = {name for task in parts for name in (task.name, task.base)}.union(steps)
    for name in names:
        if name not in used:
            raise UsageError(
                f"{option} {name}…: {name!r} is not part of this run.", todo=f"Its tasks: {', '.join(sorted(used))}."
            )
