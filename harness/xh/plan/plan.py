"""The plan: the graph of stages that a request needs. A stage that two cells share is there once."""

from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.plan import fetch, oracle
from xh.plan.data import data_folder, printable
from xh.plan.encoder import Encoder, find, read_config
from xh.plan.recipes import Resolved, own_settings
from xh.plan.recipes import resolve as resolve_recipe
from xh.plan.request import BASELINE, Request, Resolution, Target, resolve
from xh.plan.survey import (
    Need,
    Survey,
    check,
    sources,
    survey,
    test_needs,
    training_needs,
    usage_check,
)
from xh.plan.variants import varied
from xh.plan.weights import check as check_weights
from xh.plugins.registry import Registry
from xh.spec import Inputs, Label, MissingError, Site, Stage, TaskSpec
from xh.spec.kinds import facts


class Cell(Struct, frozen=True):
    """One intermediate task on one target with one seed: the stage that evaluates it.

    Where nothing is trained nothing is random, and ``seed`` is None.
    """

    inter: str
    target: str
    seed: int | None
    stage: str


class Plan(Struct, frozen=True):
    """Stages by id, parents before children; the cells they serve; where things are; what had to be left out."""

    stages: dict[str, Stage]
    cells: tuple[Cell, ...]
    site: Site
    encoder: str
    profile: str
    left_out: tuple[str, ...]


class Requirements(Struct, frozen=True):
    """What a plan is drawn from: tasks and recipes by name, the splits that they need, the encoder, the places."""

    resolution: Resolution
    encoder: Encoder
    tasks: dict[str, TaskSpec]
    recipes: dict[str, Resolved]
    needs: list[Need]
    site: Site


def build(request: Request, registry: Registry, *, download: bool = False) -> Plan:
    """The plan of a request. Raises what is wrong with it; data that are missing are all named at once.

    A target's language whose test data are not there is left out and named; a target without any is an error. An
    intermediate task without its data is an error too, unless only a group names it: then it is left out and named.
    ``download``: bring what is on the Hub into its cache.
    """
    asked = requirements(request, registry)
    found = survey(asked.needs, asked.tasks, asked.site, download)
    lost = _missing_encoder(asked.encoder, asked.site) if download else []
    resolution = _that_can_be_had(asked, found)
    vital = found.lost(_needs(resolution, asked.tasks, asked.recipes))
    for target in _trainings(resolution, asked.tasks, asked.recipes):
        vital |= oracle.lost(*target, found)
    check(vital, lost, asked.site, asked.tasks)
    draft = _Draft(request, resolution, asked.encoder, asked.tasks, asked.recipes, found)
    cells = tuple(cell for inter in resolution.inters for cell in draft.cells(inter))
    left_out = tuple(f"{need}: {'; '.join(reasons)}" for need, reasons in found.missing.items())
    return Plan(draft.stages, cells, asked.site, asked.encoder.name, draft.profile, left_out)


def _that_can_be_had(asked: Requirements, found: Survey) -> Resolution:
    """The resolution without the tasks of a group whose training data are missing."""

    def there(inter: TaskSpec | None) -> bool:
        if inter is None or inter.name not in asked.resolution.grouped:
            return True
        return not found.lost(_intermediate_needs(inter, asked.recipes))

    return replace(asked.resolution, inters=tuple(filter(there, asked.resolution.inters)))


def requirements(request: Request, registry: Registry) -> Requirements:
    """What a request asks for, with its names looked up and its recipes checked; nothing is read of the data."""
    resolution = resolve(request, registry)
    encoder = find(resolution.encoder, registry, data_folder(resolution.data))
    tasks = _tasks(resolution, registry)
    recipes = {name: resolve_recipe(task, resolution.profile, resolution.overrides) for name, task in tasks.items()}
    _check_recipes(resolution, recipes, encoder)
    for target in _trainings(resolution, tasks, recipes):
        oracle.check_asked(*target)
    needs = _needs(resolution, tasks, recipes)
    return Requirements(resolution, encoder, tasks, recipes, needs, _site(request, resolution, encoder))


class _Draft:
    """Grows the stages of a plan."""

    def __init__(
        self,
        request: Request,
        resolution: Resolution,
        encoder: Encoder,
        tasks: dict[str, TaskSpec],
        recipes: dict[str, Resolved],
        found: Survey,
    ) -> None:
        self.request, self.resolution, self.encoder = request, resolution, encoder
        self.tasks, self.recipes, self.found = tasks, recipes, found
        self.profile = request.profile_name or BASELINE
        self.stages: dict[str, Stage] = {}

    def cells(self, inter: TaskSpec | None) -> list[Cell]:
        """All targets with all seeds after one intermediate task; their stages are added to the plan."""
        return [
            self._cell(inter, target, seed)
            for seed in dict.fromkeys(self.request.seeds)
            for target in self.resolution.targets
            if inter or facts(target[0].kind).trained or seed == self.request.seeds[0]
        ]

    def _cell(self, inter: TaskSpec | None, target: Target, seed: int) -> Cell:
        stages = self._chain(inter, target, seed)
        self.stages.update((stage.id, stage) for stage in stages)
        random = any(stage.phase != "evaluate" for stage in stages)
        return Cell(inter.name if inter else BASELINE, target[0].name, seed if random else None, stages[-1].id)

    def _chain(self, inter: TaskSpec | None, target: Target, seed: int) -> list[Stage]:
        """The stages of one cell, in order; ends with the evaluation."""
        stages: list[Stage] = []
        if inter:
            label = self._label(inter, None)
            stages.append(self._training("intermediate", (inter, ()), (inter, inter), None, seed, label))
        if facts(target[0].kind).trained:
            parent = stages[-1].id if stages else None
            source = _sources(target[0], self.tasks, self.resolution)
            stages.append(self._training("target", target, source, parent, seed, self._label(inter, target[0])))
        baseline = self._chain(None, target, seed)[-1].id if inter else None
        label = self._label(inter, target[0], baseline)
        stages.append(self._evaluation(target, stages[-1].id if stages else None, label))
        return stages

    def _training(
        self,
        phase: Any,
        tested: Target,
        source: tuple[TaskSpec, TaskSpec],
        parent: str | None,
        seed: int,
        label: Label,
    ) -> Stage:
        (task, langs), (train, dev) = tested, source
        recipe = self.recipes[task.name]
        if phase == "intermediate":
            recipe = oracle.of_intermediate(recipe)
        needs = [need for need in training_needs(train, dev, recipe.record, langs) if need in self.found.found]
        inputs = Inputs(
            phase=phase,
            tasks={"train": train, "dev": dev},
            languages=tuple(dict.fromkeys(need.lang for need in needs if need.role == "train")),
            data=self.found.of(needs),
            parent=parent,
            seed=seed,
            limit_train=self.request.limit_train,
            limit_eval=self.request.limit_eval,
            **self._common(task, recipe),
        )
        return Stage(task=train.name, inputs=inputs, label=label)

    def _evaluation(self, target: Target, parent: str | None, label: Label) -> Stage:
        task, langs = target
        recipe = self.recipes[task.name].record
        there = tuple(lang for lang in langs if self.found.has(test_needs(task, recipe, lang)))
        inputs = Inputs(
            phase="evaluate",
            tasks={"test": task},
            languages=there,
            data=self.found.of(need for lang in there for need in test_needs(task, recipe, lang)),
            parent=parent,
            limit_eval=self.request.limit_eval,
            **self._common(task, self.recipes[task.name]),
        )
        return Stage(task=task.name, inputs=inputs, label=label)

    def _common(self, task: TaskSpec, recipe: Resolved) -> dict[str, Any]:
        values = recipe.values
        if task.parts:
            values = values | {"parts": {part.name: self._own(part) for part in task.parts}}
        return {"encoder": self.encoder.identity, "recipe": values}

    def _own(self, part: TaskSpec) -> dict[str, Any]:
        """The settings that a task keeps in a mixture: those that are its kind's own."""
        values = self.recipes[part.name].values
        return {name: values[name] for name in own_settings(values)}

    def _label(self, inter: TaskSpec | None, target: TaskSpec | None, baseline: str | None = None) -> Label:
        return Label(
            inter=inter.name if inter else BASELINE,
            target=target.name if target else None,
            encoder=self.encoder.name,
            profile=self.profile,
            data=printable(self.resolution.data),
            baseline=baseline,
        )


def _site(request: Request, resolution: Resolution, encoder: Encoder) -> Site:
    folder = data_folder(resolution.data)
    return Site(
        store=str(Path(request.runs).absolute()),
        encoder=encoder.source,
        revision=encoder.revision,
        data=str(folder) if folder else None,
        own=resolution.own,
        offline=request.offline or fetch.forbidden(),
        trust_remote_code=request.trust_remote_code,
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
    learnt = [_sources(task, found, resolution)[0] for task in trained]
    return found | {task.name: task for task in learnt}


def _sources(target: TaskSpec, tasks: dict[str, TaskSpec], resolution: Resolution) -> tuple[TaskSpec, TaskSpec]:
    return sources(target, tasks, resolution.train_lang, resolution.own)


def _needs(resolution: Resolution, tasks: dict[str, TaskSpec], recipes: dict[str, Resolved]) -> list[Need]:
    needs: list[Need] = []
    for inter in filter(None, resolution.inters):
        needs += _intermediate_needs(inter, recipes)
    for _, source, langs, recipe in _trainings(resolution, tasks, recipes):
        needs += training_needs(*source, recipe.record, langs)
    for task, langs in resolution.targets:
        needs += [need for lang in langs for need in test_needs(task, recipes[task.name].record, lang)]
    return needs


def _intermediate_needs(inter: TaskSpec, recipes: dict[str, Resolved]) -> list[Need]:
    return list(training_needs(inter, inter, oracle.of_intermediate(recipes[inter.name]).record))


def _trainings(
    resolution: Resolution, tasks: dict[str, TaskSpec], recipes: dict[str, Resolved]
) -> list[tuple[TaskSpec, oracle.Source, tuple[str, ...], Resolved]]:
    """The targets that are trained: what on, in which languages they are tested, and how."""
    trained = [target for target in resolution.targets if facts(target[0].kind).trained]
    return [(task, _sources(task, tasks, resolution), langs, recipes[task.name]) for task, langs in trained]


def _check_recipes(resolution: Resolution, recipes: dict[str, Resolved], encoder: Encoder) -> None:
    config = encoder.config()
    layers, positions = config.get("num_hidden_layers"), config.get("max_position_embeddings")
    if positions and config.get("model_type") in ("xlm-roberta", "roberta", "camembert", "xlm-roberta-xl"):
        positions -= 2
    inters = (part for inter in resolution.inters if inter for part in inter.members)
    for task in [*inters, *(task for task, _ in resolution.targets)]:
        usage_check(recipes[task.name].record, task, layers, positions)


def _missing_encoder(encoder: Encoder, site: Site) -> list[str]:
    if Path(encoder.source).is_dir():
        return []
    try:
        folder = fetch.fetch_encoder(site)
        check_weights(folder, read_config(folder))
    except MissingError as error:
        return [f"encoder {encoder.name}: {error.what}"]
    return []
