"""The plan: the graph of stages that a request needs. A stage that two cells share is there once."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.data.encoder import missing
from xh.data.labels import data_label, encoder_label
from xh.plan.inventory import Inventory, check, take_inventory
from xh.plan.request import Request, Target
from xh.plan.requirements import Requirements, requirements
from xh.plan.trainings import PlannedTraining
from xh.plugins.registry import Registry
from xh.spec import Inputs, Locations, Purpose, Stage, TaskSpec
from xh.spec.cell import BASELINE, Cell
from xh.spec.data import DataSplit
from xh.spec.kinds import facts
from xh.spec.stage import Phase

Evaluated = Mapping[str, Sequence[Stage]]


class Plan(Struct, frozen=True, kw_only=True):
    """Stages by id, parents before children; the cells they serve; where things are.

    ``left_out``: the splits that are not there, with the reasons. ``unknown``: what the Hub could not be asked, so
    that stages may be named otherwise when it can.
    """

    stages: dict[str, Stage]
    cells: tuple[Cell, ...]
    locations: Locations
    encoder: str
    profile: str
    left_out: dict[DataSplit, tuple[str, ...]]
    unknown: tuple[str, ...] = ()


def build(request: Request, registry: Registry, evaluated: Evaluated | None = None, *, download: bool = False) -> Plan:
    """The plan of a request. Raises what is wrong with it; data that are missing are all named at once.

    A target's language whose test data are not there is left out and named; a target without any is an error. An
    intermediate task without its data is an error too, unless only a group names it: then it is left out and named.
    ``evaluated``: what a store has, by :attr:`Stage.evaluation`; only other languages are evaluated. ``download``:
    bring what is on the Hub into its cache.
    """
    asked = requirements(request, registry)
    inventory = take_inventory(asked.needs(), asked.tasks, asked.locations, download=download)
    encoder_missing = missing(asked.encoder, asked.locations, download)
    asked = asked.without_lost_groups(inventory)
    check(asked.lost(inventory), encoder_missing, asked.locations, asked.tasks)
    draft = _Draft(asked, inventory, evaluated or {})
    cells = tuple(cell for inter in asked.resolution.inters for cell in draft.cells(inter))
    return Plan(
        stages=draft.stages,
        cells=cells,
        locations=asked.locations,
        encoder=asked.encoder.name,
        profile=draft.profile,
        left_out=inventory.missing,
        unknown=asked.unknown,
    )


class _Draft:
    """Grows the stages of a plan."""

    def __init__(self, asked: Requirements, inventory: Inventory, evaluated: Evaluated) -> None:
        self.asked, self.inventory, self.evaluated = asked, inventory, evaluated
        self.profile = asked.request.profile_name or BASELINE
        self.stages: dict[str, Stage] = {}

    def cells(self, inter: TaskSpec | None) -> list[Cell]:
        """All targets with all seeds after one intermediate task; their stages are added to the plan."""
        seeds = self.asked.request.seeds
        return [
            self._cell(inter, target, seed)
            for seed in dict.fromkeys(seeds)
            for target in self.asked.resolution.targets
            if inter or target.is_trained or seed == seeds[0]
        ]

    def _cell(self, inter: TaskSpec | None, target: Target, seed: int) -> Cell:
        *trainings, whole = self._chain(inter, target, seed)
        evaluations = [whole] if facts(target.task.kind).pooled else self._by_language(whole)
        self.stages.update((stage.id, stage) for stage in (*trainings, *evaluations))
        return Cell(
            inter=inter.name if inter else BASELINE,
            target=target.task.name,
            seed=seed if trainings else None,
            stages=tuple(stage.id for stage in evaluations),
            languages=whole.inputs.languages,
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

    def _chain(self, inter: TaskSpec | None, target: Target, seed: int) -> list[Stage]:
        """The stages of one cell, in order; ends with the evaluation in all languages."""
        stages: list[Stage] = []
        parent = None
        if inter:
            training = self.asked.intermediate(inter)
            stages.append(self._training("intermediate", training, parent, seed, self._purpose(inter)))
            parent = stages[-1].id
        if target.is_trained:
            training = self.asked.target(target)
            stages.append(self._training("target", training, parent, seed, self._purpose(inter, target)))
            parent = stages[-1].id
        baseline = self._chain(None, target, seed)[-1].evaluation if inter else None
        return [*stages, self._evaluation(target, parent, self._purpose(inter, target, baseline))]

    def _training(
        self, phase: Phase, training: PlannedTraining, parent: str | None, seed: int, purpose: Purpose
    ) -> Stage:
        data = self.inventory.of(training.needs())
        inputs = Inputs(
            phase=phase,
            encoder=self.asked.encoder.identity,
            tasks={"train": training.train, "dev": training.dev},
            languages=tuple(dict.fromkeys(lang for _, split, lang in data if split == "train")),
            data={f"{task}/{split}/{lang}": each for (task, split, lang), each in data.items()},
            recipe=self.asked.settings(training),
            parent=parent,
            seed=seed,
            limit_train=self.asked.request.limit_train,
            limit_eval=self.asked.request.limit_eval,
        )
        return Stage(task=training.train.name, inputs=inputs, purpose=purpose)

    def _evaluation(self, target: Target, parent: str | None, purpose: Purpose) -> Stage:
        needs = {lang: list(self.asked.test_needs(target.task, lang)) for lang in target.langs}
        there = {lang: each for lang, each in needs.items() if self.inventory.has(each)}
        data = self.inventory.of(need for each in there.values() for need in each)
        inputs = Inputs(
            phase="evaluate",
            encoder=self.asked.encoder.identity,
            tasks={"test": target.task},
            languages=tuple(there),
            data={f"{task}/{split}/{lang}": each for (task, split, lang), each in data.items()},
            recipe=self.asked.recipes[target.task.name].values,
            parent=parent,
            limit_eval=self.asked.request.limit_eval,
        )
        return Stage(task=target.task.name, inputs=inputs, purpose=purpose)

    def _purpose(self, inter: TaskSpec | None, target: Target | None = None, baseline: str | None = None) -> Purpose:
        return Purpose(
            inter=inter.name if inter else BASELINE,
            target=target.task.name if target else None,
            encoder=encoder_label(self.asked.encoder),
            profile=self.profile,
            data=data_label(self.asked.resolution.data),
            baseline=baseline,
        )
