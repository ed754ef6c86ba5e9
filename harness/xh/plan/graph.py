"""The plan: the graph of stages that a request needs. A stage that two cells share is there once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.data.encoder import Encoder, missing
from xh.data.labels import data_label, encoder_label
from xh.plan import oracle
from xh.plan.anew import asked_anew
from xh.plan.inventory import Inventory, check, take_inventory, test_needs, training_needs
from xh.plan.methods import NONE, Methods
from xh.plan.recipes import Resolved, own_settings
from xh.plan.request import Request, Resolution, Target
from xh.plan.requirements import (
    Requirements,
    intermediate_needs,
    needs_of,
    requirements,
    training_sources,
    trainings,
)
from xh.plugins.registry import Registry
from xh.spec import AppliedMethod, Inputs, Locations, Purpose, Stage, TaskSpec, UsageError
from xh.spec.cell import BASELINE, Cell
from xh.spec.kinds import facts

Evaluated = Mapping[str, Sequence[Stage]]


class Plan(Struct, frozen=True):
    """Stages by id, parents before children; the cells they serve; where things are; what had to be left out.

    ``unknown``: what the Hub could not be asked, so that stages may be named otherwise when it can.
    """

    stages: dict[str, Stage]
    cells: tuple[Cell, ...]
    locations: Locations
    encoder: str
    profile: str
    left_out: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def build(request: Request, registry: Registry, evaluated: Evaluated | None = None, *, download: bool = False) -> Plan:
    """The plan of a request. Raises what is wrong with it; data that are missing are all named at once.

    A target's language whose test data are not there is left out and named; a target without any is an error. An
    intermediate task without its data is an error too, unless only a group names it: then it is left out and named.
    ``evaluated``: what a store has, by :attr:`Stage.evaluation`; only other languages are evaluated. ``download``:
    bring what is on the Hub into its cache.
    """
    asked = requirements(request, registry)
    found = take_inventory(asked.needs, asked.tasks, asked.locations, download)
    lost = missing(asked.encoder, asked.locations, download)
    resolution = _that_can_be_had(asked, found)
    vital = found.lost(needs_of(resolution, asked.tasks, asked.recipes))
    for target in trainings(resolution, asked.tasks, asked.recipes):
        vital |= oracle.lost(*target, found)
    check(vital, lost, asked.locations, asked.tasks)
    draft = _Draft(request, resolution, asked.encoder, asked.tasks, asked.recipes, found, evaluated or {})
    cells = tuple(draft.all_cells())
    left_out = tuple(f"{need}: {'; '.join(reasons)}" for need, reasons in found.missing.items())
    locations = replace(asked.locations, anew=asked_anew(request.force, draft.stages, registry))
    return Plan(draft.stages, cells, locations, asked.encoder.name, draft.profile, left_out, asked.unknown)


def _that_can_be_had(asked: Requirements, found: Inventory) -> Resolution:
    """The resolution without the tasks of a group whose training data are missing."""

    def there(inter: TaskSpec | None) -> bool:
        if inter is None or inter.name not in asked.resolution.grouped:
            return True
        return not found.lost(intermediate_needs(inter, asked.recipes))

    return replace(asked.resolution, inters=tuple(filter(there, asked.resolution.inters)))


class _Draft:
    """Grows the stages of a plan."""

    def __init__(
        self,
        request: Request,
        resolution: Resolution,
        encoder: Encoder,
        tasks: dict[str, TaskSpec],
        recipes: dict[str, Resolved],
        found: Inventory,
        evaluated: Evaluated,
    ) -> None:
        self.request, self.resolution, self.encoder = request, resolution, encoder
        self.tasks, self.recipes, self.found, self.evaluated = tasks, recipes, found, evaluated
        self.profile = request.profile_name or BASELINE
        self.stages: dict[str, Stage] = {}

    def all_cells(self) -> Iterator[Cell]:
        """All cells of the plan; raises :class:`UsageError` for a method that changes none."""
        inters = {inter.name if inter else BASELINE: inter for inter in self.resolution.inters}
        used = {BASELINE}
        for name, method in dict.fromkeys(self.resolution.pairs):
            if name in inters:
                found = list(self.cells(inters[name], self.resolution.methods.get(method, NONE)))
                used |= {cell.method for cell in found}
                yield from found
        if unused := [name for name in self.resolution.methods if name not in used]:
            raise UsageError(
                f"Method {unused[0]!r} changes nothing in this run.",
                why="None of the trainings that it applies to is part of it.",
                todo="Name an intermediate task with --inter, or a target that is fine-tuned.",
            )

    def cells(self, inter: TaskSpec | None, methods: Methods = NONE) -> Iterator[Cell]:
        """All targets with all seeds after one intermediate task; their stages are added to the plan.

        Where none of the trainings is one that the methods apply to, the cell would be that without them.
        """
        for seed in dict.fromkeys(self.request.seeds):
            for target in self.resolution.targets:
                trained = facts(target[0].kind).trained
                changed = (inter and methods.of("intermediate")) or (trained and methods.of("target"))
                once = inter or trained or seed == self.request.seeds[0]
                if once and (changed or not methods.applied):
                    yield self._cell(inter, target, seed, methods)

    def _cell(self, inter: TaskSpec | None, target: Target, seed: int, methods: Methods) -> Cell:
        *trainings, whole = self._chain(inter, target, seed, methods)
        evaluations = [whole] if facts(target[0].kind).pooled else self._by_language(whole)
        self.stages.update((stage.id, stage) for stage in (*trainings, *evaluations))
        return Cell(
            inter=inter.name if inter else BASELINE,
            target=target[0].name,
            seed=seed if trainings else None,
            stages=tuple(stage.id for stage in evaluations),
            languages=whole.inputs.languages,
            method=whole.purpose.method,
        )

    def _by_language(self, whole: Stage) -> list[Stage]:
        """The evaluations in the store that have some of the languages, and one of all other languages."""
        stages, lacking = [], list(whole.inputs.languages)
        for stage in filter(whole.agrees, self.evaluated.get(whole.evaluation, ())):
            if there := [lang for lang in lacking if lang in stage.inputs.languages]:
                stages.append(stage)
                lacking = [lang for lang in lacking if lang not in there]
        if lacking:
            stages.append(replace(whole, inputs=whole.inputs.only(lacking)))
        return stages

    def _chain(self, inter: TaskSpec | None, target: Target, seed: int, methods: Methods = NONE) -> list[Stage]:
        """The stages of one cell, in order; ends with the evaluation in all languages."""
        stages: list[Stage] = []
        if inter:
            applied = methods.of("intermediate")
            purpose = self._purpose(inter, None, method=methods.name if applied else BASELINE)
            stages.append(self._training("intermediate", (inter, ()), (inter, inter), None, seed, purpose, applied))
        if facts(target[0].kind).trained:
            parent, before = (stages[-1].id, stages[-1].inputs.methods) if stages else (None, ())
            source, applied = training_sources(target[0], self.tasks, self.resolution), methods.of("target")
            purpose = self._purpose(inter, target[0], method=methods.name if before or applied else BASELINE)
            stages.append(self._training("target", target, source, parent, seed, purpose, applied))
        baseline = self._chain(None, target, seed)[-1].evaluation if inter or methods.applied else None
        purpose = self._purpose(inter, target[0], baseline, methods.name)
        stages.append(self._evaluation(target, stages[-1].id if stages else None, purpose))
        return stages

    def _training(
        self,
        phase: Any,
        tested: Target,
        source: tuple[TaskSpec, TaskSpec],
        parent: str | None,
        seed: int,
        purpose: Purpose,
        methods: tuple[AppliedMethod, ...],
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
            methods=methods,
            **self._common(task, recipe),
        )
        return Stage(task=train.name, inputs=inputs, purpose=purpose)

    def _evaluation(self, target: Target, parent: str | None, purpose: Purpose) -> Stage:
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
        return Stage(task=task.name, inputs=inputs, purpose=purpose)

    def _common(self, task: TaskSpec, recipe: Resolved) -> dict[str, Any]:
        values = recipe.values
        if task.parts:
            values = values | {"parts": {part.name: self._own(part) for part in task.parts}}
        return {"encoder": self.encoder.identity, "recipe": values}

    def _own(self, part: TaskSpec) -> dict[str, Any]:
        """The settings that a task keeps in a mixture: those that are its kind's own."""
        values = self.recipes[part.name].values
        return {name: values[name] for name in own_settings(values)}

    def _purpose(
        self,
        inter: TaskSpec | None,
        target: TaskSpec | None,
        baseline: str | None = None,
        method: str = BASELINE,
    ) -> Purpose:
        return Purpose(
            inter=inter.name if inter else BASELINE,
            target=target.name if target else None,
            encoder=encoder_label(self.encoder),
            profile=self.profile,
            data=data_label(self.resolution.data),
            baseline=baseline,
            method=method,
        )
