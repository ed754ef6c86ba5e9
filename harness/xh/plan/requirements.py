"""What a plan is drawn from: the names of a request looked up, its recipes checked, the splits that they need."""

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from xh.data import hub
from xh.data.encoder import Encoder, find, unasked
from xh.data.locate import data_folder
from xh.plan import commits, oracle
from xh.plan.inventory import DataSplit, remote, sources, test_needs, training_needs, usage_check
from xh.plan.recipes import Resolved
from xh.plan.recipes import resolve as resolve_recipe
from xh.plan.request import Request, Resolution, resolve
from xh.plan.variants import varied
from xh.plugins.registry import Registry
from xh.spec import Locations, TaskSpec
from xh.spec.kinds import facts


class Requirements(Struct, frozen=True):
    """What a plan is drawn from: tasks and recipes by name, the splits that they need, the encoder, the places.

    The tasks' sources on the Hub are at commits; ``unknown`` says of which that could not be looked up.
    """

    resolution: Resolution
    encoder: Encoder
    tasks: dict[str, TaskSpec]
    recipes: dict[str, Resolved]
    needs: list[DataSplit]
    locations: Locations
    unknown: tuple[str, ...]


def requirements(request: Request, registry: Registry) -> Requirements:
    """What a request asks for, with its names looked up and its recipes checked; nothing is read of the data."""
    resolution = resolve(request, registry)
    offline, trusted = request.offline or hub.forbidden(), request.trust_remote_code
    encoder = find(resolution.encoder, registry, data_folder(resolution.data), offline=offline, trusted=trusted)
    tasks = _tasks(resolution, registry)
    recipes = {name: resolve_recipe(task, resolution.profile, resolution.overrides) for name, task in tasks.items()}
    _check_recipes(resolution, recipes, encoder)
    for target in trainings(resolution, tasks, recipes):
        oracle.check_asked(*target)
    needs, locations = needs_of(resolution, tasks, recipes), _site(request, resolution, encoder)
    found, unknown = commits.look_up(
        remote(needs, tasks, locations) if locations.data is None else (), locations.offline
    )
    tasks = {name: commits.pinned(task, found) for name, task in tasks.items()}
    resolution = replace(
        resolution,
        inters=tuple(inter and commits.pinned(inter, found) for inter in resolution.inters),
        targets=tuple((commits.pinned(task, found), langs) for task, langs in resolution.targets),
    )
    unknown = [*unasked(encoder, locations), *(f"{text}, so the stages that read it count as new" for text in unknown)]
    return Requirements(resolution, encoder, tasks, recipes, needs, locations, tuple(unknown))


def _site(request: Request, resolution: Resolution, encoder: Encoder) -> Locations:
    folder = data_folder(resolution.data)
    return Locations(
        store=str(Path(request.runs).absolute()),
        encoder=encoder.source,
        revision=encoder.revision,
        data=str(folder) if folder else None,
        own=resolution.own,
        offline=request.offline or hub.forbidden(),
        trust_remote_code=request.trust_remote_code,
        device=request.device,
    )


def _tasks(resolution: Resolution, registry: Registry) -> dict[str, TaskSpec]:
    """Every task that the request touches, sources of training among them."""
    inters = [each for task in resolution.inters if task for each in (task, *task.parts)]
    direct = [*inters, *(task for task, _ in resolution.targets)]
    others = {
        task.train_from: varied(registry.task(task.train_from), resolution.profile, resolution.overrides)
        for task in direct
        if task.train_from
    }
    found = others | {task.name: task for task in [*direct, *others.values()]}
    trained = [task for task, _ in resolution.targets if facts(task.kind).trained]
    train_languages = [training_sources(task, found, resolution)[0] for task in trained]
    return found | {task.name: task for task in train_languages}


def training_sources(target: TaskSpec, tasks: dict[str, TaskSpec], resolution: Resolution) -> oracle.Source:
    """The tasks that a target's training and its dev set come from."""
    return sources(target, tasks, resolution.train_lang, resolution.own)


def needs_of(resolution: Resolution, tasks: dict[str, TaskSpec], recipes: dict[str, Resolved]) -> list[DataSplit]:
    """Every split that these tasks read."""
    needs: list[DataSplit] = []
    for inter in filter(None, resolution.inters):
        needs += intermediate_needs(inter, recipes)
    for _, source, langs, recipe in trainings(resolution, tasks, recipes):
        needs += training_needs(*source, recipe.record, langs)
    for task, langs in resolution.targets:
        needs += [need for lang in langs for need in test_needs(task, recipes[task.name].record, lang)]
    return needs


def intermediate_needs(inter: TaskSpec, recipes: dict[str, Resolved]) -> list[DataSplit]:
    """What training on an intermediate task reads."""
    return list(training_needs(inter, inter, oracle.of_intermediate(recipes[inter.name]).record))


def trainings(
    resolution: Resolution, tasks: dict[str, TaskSpec], recipes: dict[str, Resolved]
) -> list[tuple[TaskSpec, oracle.Source, tuple[str, ...], Resolved]]:
    """The targets that are trained: what on, in which languages they are tested, and how."""
    trained = [target for target in resolution.targets if facts(target[0].kind).trained]
    return [(task, training_sources(task, tasks, resolution), langs, recipes[task.name]) for task, langs in trained]


def _check_recipes(resolution: Resolution, recipes: dict[str, Resolved], encoder: Encoder) -> None:
    inters = (part for inter in resolution.inters if inter for part in inter.members)
    for task in [*inters, *(task for task, _ in resolution.targets)]:
        usage_check(recipes[task.name].record, task, encoder.layers, encoder.positions)
