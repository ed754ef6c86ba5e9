"""The plan: the graph of stages that a request needs. A stage that two cells share is there once."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.data.encoder import missing
from xh.data.labels import data_label, encoder_label
from xh.plan.anew import asked_anew
from xh.plan.inventory import Inventory, check, take_inventory
from xh.plan.methods import NONE, Methods
from xh.plan.request import Request, Target
from xh.plan.requirements import Requirements, requirements
from xh.plan.trainings import PlannedTraining
from xh.plugins.registry import Registry
from xh.spec import Inputs, Locations, Purpose, Stage, TaskSpec, UsageError
from xh.spec.cell import BASELINE, Cell
from xh.spec.data import DataSplit
from xh.spec.kinds import facts

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
    cells = tuple(draft.all_cells())
    return Plan(
        stages=draft.stages,
        cells=cells,
        locations=replace(asked.locations, anew=asked_anew(request.force, draft.stages, registry)),
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

    def all_cells(self) -> Iterator[Cell]:
        """All cells of the plan; raises :class:`UsageError` for a method that changes none."""
        resolution = self.asked.resolution
        inters = {inter.name if inter else BASELINE: inter for inter in resolution.inters}
        used = {BASELINE}
        for name, method in dict.fromkeys(resolution.pairs):
            if name in inters:
                for cell in self._cells(inters[name], resolution.methods.get(method, NONE)):
                    used.add(cell.method)
                    yield cell
        if unused := [name for name in resolution.methods if name not in used]:
            raise UsageError(
                f"Method {unused[0]!r} changes nothing in this run.",
                why="It applies to none of its trainings.",
                todo="Name an intermediate task with --inter, or a target that is fine-tuned.",
            )

    def _cells(self, inter: TaskSpec | None, methods: Methods) -> Iterator[Cell]:
        """All targets with all seeds after one intermediate task; their stages are added to the plan.

        Where none of the trainings is one that the methods apply to, the cell would be that without them.
        """
        seeds = self.asked.request.seeds
        for seed in dict.fromkeys(seeds):
            for target in self.asked.resolution.targets:
                changed = (inter and methods.of("intermediate")) or (target.is_trained and methods.of("target"))
                once = inter or target.is_trained or seed == seeds[0]
                if once and (changed or not methods.applied):
                    yield self._cell(inter, target, seed, methods)

    def _cell(self, inter: TaskSpec | None, target: Target, seed: int, methods: Methods) -> Cell:
        *trainings, whole = self._chain(inter, target, seed, methods)
        evaluations = [whole] if facts(target.task.kind).pooled else self._by_language(whole)
        self.stages.update((stage.id, stage) for stage in (*trainings, *evaluations))
        return Cell(
            inter=inter.name if inter else BASELINE,
            target=target.task.name,
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
        trainings = [self.asked.intermediate(inter, methods)] if inter else []
        trainings += [self.asked.target(target, methods)] if target.is_trained else []
        stages: list[Stage] = []
        parent, changed = None, False
        for training in trainings:
            changed = changed or bool(training.methods)
            purpose = self._purpose(
                inter, target if training.phase == "target" else None, method=methods.name if changed else BASELINE
            )
            stages.append(self._training(training, parent, seed, purpose))
            parent = stages[-1].id
        baseline = self._chain(None, target, seed)[-1].evaluation if inter or methods.applied else None
        return [*stages, self._evaluation(target, parent, self._purpose(inter, target, baseline, methods.name))]

    def _training(self, training: PlannedTraining, parent: str | None, seed: int, purpose: Purpose) -> Stage:
        data = self.inventory.of(training.needs())
        inputs = Inputs(
            phase=training.phase,
            encoder=self.asked.encoder.identity,
            tasks={"train": training.train, "dev": training.dev},
            languages=tuple(dict.fromkeys(lang for _, split, lang in data if split == "train")),
            data={split.key: identity for split, identity in data.items()},
            recipe=self.asked.settings(training),
            parent=parent,
            seed=seed,
            limit_train=self.asked.request.limit_train,
            limit_eval=self.asked.request.limit_eval,
            methods=training.methods,
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
            data={split.key: identity for split, identity in data.items()},
            recipe=self.asked.recipes[target.task.name].values,
            parent=parent,
            limit_eval=self.asked.request.limit_eval,
        )
        return Stage(task=target.task.name, inputs=inputs, purpose=purpose)

    def _purpose(
        self,
        inter: TaskSpec | None,
        target: Target | None = None,
        baseline: str | None = None,
        method: str = BASELINE,
    ) -> Purpose:
        return Purpose(
            inter=inter.name if inter else BASELINE,
            target=target.task.name if target else None,
            encoder=encoder_label(self.asked.encoder),
            profile=self.profile,
            data=data_label(self.asked.resolution.data, *self.asked.resolution.others),
            baseline=baseline,
            method=method,
        )
