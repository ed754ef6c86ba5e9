"""The plan: the graph of stages that a request needs. A stage that two cells share is there once."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.data import models
from xh.data.encoder import missing
from xh.data.labels import data_label, encoder_label
from xh.data.outline import Outline
from xh.plan.anew import asked_anew
from xh.plan.inventory import Inventory, check, check_own, take_inventory
from xh.plan.memory import outlines
from xh.plan.methods import NONE, Methods
from xh.plan.request import Point, Request
from xh.plan.requirements import Requirements, requirements
from xh.plan.resolution import Target
from xh.plan.similarity import with_represented
from xh.plan.trainings import PlannedTraining
from xh.plugins.registry import Registry
from xh.spec import Inputs, Locations, Purpose, Stage, TaskSpec, UsageError
from xh.spec.cell import BASELINE, Cell
from xh.spec.data import DataSplit
from xh.spec.kinds import facts

Evaluated = Mapping[str, Sequence[Stage]]


class Plan(Struct, frozen=True, kw_only=True):
    """Stages by id, parents before children; the cells they serve; where things are.

    ``points``: the cells of each combination of the request's axes; those of a baseline may be at several.
    ``encoders``: as they were named. ``left_out``: the splits that are not there, with the reasons. ``unknown``: what
    the Hub could not be asked, so that stages may be named otherwise when it can. ``outlines``: of the encoders of
    which enough is known, by identity.
    """

    stages: dict[str, Stage]
    cells: tuple[Cell, ...]
    points: tuple[tuple[Point, tuple[Cell, ...]], ...]
    locations: Locations
    encoders: tuple[str, ...]
    profile: str
    left_out: dict[DataSplit, tuple[str, ...]]
    unknown: tuple[str, ...] = ()
    outlines: dict[str, Outline] = {}


def build(
    wanted: Request | Sequence[Request],
    registry: Registry,
    evaluated: Evaluated | None = None,
    *,
    download: bool = False,
) -> Plan:
    """The plan of a request, or of the arms of a study: all points of their axes, a stage that several share once.

    Raises what is wrong with the request; data that are missing are all named at once.
    A target's language whose test data are not there is left out and named; a target without any is an error. An
    intermediate task without its data is an error too, unless only a group names it: then it is left out and named.
    ``evaluated``: what a store has, by :attr:`Stage.evaluation`; only other languages are evaluated. ``download``:
    bring what is on the Hub into its cache.
    """
    requests = [wanted] if isinstance(wanted, Request) else wanted
    asked = [each for request in requests for each in requirements(request, registry)]
    inventories = take_inventories(asked, download)
    asked = [each.without_lost_groups(inventory) for each, inventory in zip(asked, inventories, strict=True)]
    encoders = {each.encoder.name: each.encoder for each in asked}
    further = {model.identity: (key, model) for each in asked for key, model in each.models.items()}
    found = [*encoders.values(), *(model for _, model in further.values())]
    locations = replace(asked[0].locations, encoders={each.identity: each.place for each in found})
    lacking = [text for each in encoders.values() for text in missing(each, locations, download)]
    lacking += [text for key, each in further.values() for text in models.missing(each, key, locations, download)]
    _check_there(asked, inventories, lacking)
    stages: dict[str, Stage] = {}
    drafts = [_Draft(*pair, evaluated or {}, stages) for pair in zip(asked, inventories, strict=True)]
    points = tuple((draft.asked.point, tuple(draft.all_cells())) for draft in drafts)
    cells = tuple(dict.fromkeys(cell for _, cells in points for cell in cells))
    stages = with_represented(stages, cells, list(dict.fromkeys(name for each in requests for name in each.similarity)))
    return Plan(
        stages=stages,
        cells=cells,
        points=points,
        locations=replace(locations, anew=asked_anew(requests[0].force, stages, registry)),
        encoders=tuple(encoders),
        profile=requests[0].profile_name or BASELINE,
        left_out={
            split: reasons
            for each, inventory in zip(asked, inventories, strict=True)
            for split, reasons in (inventory.missing | each.untested).items()
        },
        unknown=tuple(dict.fromkeys(text for each in asked for text in each.unknown)),
        outlines=outlines(encoders.values(), registry, locations),
    )


def _check_there(asked: Sequence[Requirements], inventories: Sequence[Inventory], encoder_missing: list[str]) -> None:
    """Raise one error that names all that is missing at any point."""
    lost: dict[DataSplit, tuple[str, ...]] = {}
    tasks: dict[str, TaskSpec] = {}
    for each, inventory in zip(asked, inventories, strict=True):
        lost, tasks = lost | each.lost(inventory), tasks | each.tasks
    check(lost, encoder_missing, asked[0].locations, tasks)


def take_inventories(asked: Sequence[Requirements], download: bool) -> list[Inventory]:
    """What is there of what each point needs; points whose tasks are the same share one inventory."""
    check_own(((each.tasks[need.data.task], need.data) for each in asked for need in each.needs()), asked[0].locations)
    groups: list[list[Requirements]] = []
    for each in asked:
        home = next((group for group in groups if group[0].tasks == each.tasks), None)
        if home is None:
            groups.append([each])
        else:
            home.append(each)
    taken = {id(each): inventory for group in groups for inventory in [_inventory(group, download)] for each in group}
    return [taken[id(each)] for each in asked]


def _inventory(asked: Sequence[Requirements], download: bool) -> Inventory:
    needs = (need for each in asked for need in each.needs())
    return take_inventory(needs, asked[0].tasks, asked[0].locations, download=download)


class _Draft:
    """Grows the stages of a plan by those of one point."""

    def __init__(
        self, asked: Requirements, inventory: Inventory, evaluated: Evaluated, stages: dict[str, Stage]
    ) -> None:
        self.asked, self.inventory, self.evaluated, self.stages = asked, inventory, evaluated, stages
        self.encoder = encoder_label(asked.encoder)
        self.data = data_label(asked.resolution.data, *asked.resolution.others)
        self.baselines: dict[tuple[str, int], str] = {}
        self.tests: dict[str, dict[str, dict[DataSplit, str]]] = {}

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
        trainings += self.asked.target(target, methods)
        stages: list[Stage] = []
        parent, changed = None, False
        for training in trainings:
            changed = changed or bool(training.methods)
            own = target if training.phase == "target" else None
            purpose = self._purpose(inter, own, method=methods.name if changed else BASELINE, step=training.step)
            stages.append(self._training(training, parent, seed, purpose))
            parent = stages[-1].id
        baseline = self._baseline(target, seed) if inter or methods.applied else None
        return [*stages, self._evaluation(target, parent, self._purpose(inter, target, baseline, methods.name))]

    def _baseline(self, target: Target, seed: int) -> str:
        """What the evaluations of a target without intermediate task and method share."""
        key = target.task.name, seed
        if key not in self.baselines:
            self.baselines[key] = self._chain(None, target, seed)[-1].evaluation
        return self.baselines[key]

    def _tested(self, target: Target) -> dict[str, dict[DataSplit, str]]:
        """By language the data of a target's test, in the languages in which they are there."""
        if target.task.name not in self.tests:
            needs = {lang: list(self.asked.test_needs(target.task, lang)) for lang in target.langs}
            there = {lang: self.inventory.of(each) for lang, each in needs.items() if self.inventory.has(each)}
            self.tests[target.task.name] = there
        return self.tests[target.task.name]

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
            with_head=training.with_head,
            seed=seed,
            limit_train=self.asked.request.limit(training.phase),
            limit_eval=self.asked.request.limit("evaluate"),
            methods=training.methods,
            models=self.asked.models_of(training.train, training.dev),
        )
        return Stage(task=training.train.name, inputs=inputs, purpose=purpose)

    def _evaluation(self, target: Target, parent: str | None, purpose: Purpose) -> Stage:
        there = self._tested(target)
        data = {split: identity for each in there.values() for split, identity in each.items()}
        data |= self.inventory.of(self.asked.pool_needs(target.task))
        inputs = Inputs(
            phase="evaluate",
            encoder=self.asked.encoder.identity,
            tasks={"test": target.task},
            languages=tuple(there),
            data={split.key: identity for split, identity in data.items()},
            recipe=self.asked.recipes[target.task.name].values,
            parent=parent,
            limit_eval=self.asked.request.limit("evaluate"),
            models=self.asked.models_of(target.task),
        )
        return Stage(task=target.task.name, inputs=inputs, purpose=purpose)

    def _purpose(
        self,
        inter: TaskSpec | None,
        target: Target | None = None,
        baseline: str | None = None,
        method: str = BASELINE,
        step: str | None = None,
    ) -> Purpose:
        return Purpose(
            inter=inter.name if inter else BASELINE,
            target=target.task.name if target else None,
            encoder=self.encoder,
            profile=self.asked.request.profile_name or BASELINE,
            data=self.data,
            baseline=baseline,
            method=method,
            step=step,
        )
