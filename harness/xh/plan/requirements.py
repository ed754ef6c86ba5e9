"""What a plan is drawn from: at each point of its axes names looked up, recipes checked, and the splits they need."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from xh.data import hub, models
from xh.data.encoder import Encoder, find, unasked
from xh.data.places import data_folder
from xh.plan.commits import Branch, look_up, pinned
from xh.plan.engines import engine_settings
from xh.plan.fit import check_fit
from xh.plan.inventory import Inventory, Need, remote
from xh.plan.methods import NONE, Methods
from xh.plan.mixtures import in_languages
from xh.plan.recipes import Resolved, own_settings
from xh.plan.recipes import resolve as resolve_recipe
from xh.plan.request import EACH, Point, Request, points
from xh.plan.resolution import Resolution, Target, resolve
from xh.plan.trainings import PlannedTraining
from xh.plan.variants import varied
from xh.plugins.registry import Registry
from xh.spec import Learning, Locations, Retrieval, TaskSpec
from xh.spec.data import CANDIDATES, DataSplit
from xh.spec.kinds import facts
from xh.spec.recipe import ORACLE, Values


class Requirements(Struct, frozen=True, kw_only=True):
    """A request for one point with all that a plan needs of it: tasks and recipes by name, encoder, locations.

    The tasks' sources on the Hub are at commits; ``unknown`` says of which that could not be looked up. ``models``: by
    ``TASK.SETTING`` the further models that kinds read.
    """

    point: Point
    request: Request
    resolution: Resolution
    encoder: Encoder
    tasks: dict[str, TaskSpec]
    recipes: dict[str, Resolved]
    locations: Locations
    models: dict[str, Encoder] = {}
    unknown: tuple[str, ...] = ()

    def intermediate(self, task: TaskSpec, methods: Methods = NONE) -> PlannedTraining:
        """The training on an intermediate task."""
        recipe, applied = _in_passing(self.recipes[task.name]), methods.of("intermediate")
        return PlannedTraining(phase="intermediate", task=task, train=task, dev=task, recipe=recipe, methods=applied)

    def target(self, target: Target, methods: Methods = NONE) -> list[PlannedTraining]:
        """The trainings of a target, one step after the other; none where it is not trained.

        A step of the target's kind has the target's recipe, one of another kind its own.
        """
        if not target.is_trained:
            return []
        task = target.task
        train, dev = train_and_dev(task, self.tasks, self.resolution)
        before = [self.tasks[name] for name in task.steps[:-1]] if train is not task else []
        last = PlannedTraining(
            phase="target",
            task=task,
            train=train,
            dev=dev,
            recipe=self._recipe(train, task),
            langs=target.langs,
            methods=methods.of("target"),
        )
        steps = [replace(last, train=step, dev=step, recipe=_in_passing(self._recipe(step, task))) for step in before]
        return _one_after_another([*steps, last])

    def _recipe(self, train: TaskSpec, target: TaskSpec) -> Resolved:
        return self.recipes[target.name if train.kind == target.kind else train.name]

    def trainings(self) -> list[PlannedTraining]:
        """All trainings, those on intermediate tasks first."""
        targets = [training for target in self.resolution.targets for training in self.target(target)]
        return [*map(self.intermediate, filter(None, self.resolution.inters)), *targets]

    def test_needs(self, task: TaskSpec, lang: str) -> Iterator[Need]:
        """What an evaluation in one language reads; mining tunes its threshold on the dev part."""
        recipe = self.recipes[task.name].record
        yield Need(DataSplit(task.name, "test", lang), optional=True)
        if isinstance(recipe, Retrieval) and recipe.search == "mine" and recipe.threshold == "dev":
            yield Need(DataSplit(task.name, "dev", lang), optional=True)

    def pool_needs(self, task: TaskSpec) -> list[Need]:
        """The candidates that an evaluation in any language reads."""
        return [Need(DataSplit(task.name, CANDIDATES, lang), optional=True) for lang in task.pool_languages]

    def needs(self) -> list[Need]:
        """Every split that is read."""
        trained = [need for training in self.trainings() for need in training.needs()]
        tested = [(target.task, lang) for target in self.resolution.targets for lang in target.langs]
        pools = (need for target in self.resolution.targets for need in self.pool_needs(target.task))
        return [*trained, *(need for task, lang in tested for need in self.test_needs(task, lang)), *pools]

    def models_of(self, *tasks: TaskSpec) -> dict[str, str]:
        """By ``TASK.SETTING`` the identities of the further models that these tasks' kinds read."""
        names = {part.name for task in tasks for part in task.members}
        return {key: model.identity for key, model in self.models.items() if key.rpartition(".")[0] in names}

    def settings(self, training: PlannedTraining) -> Values:
        """The values of a training's recipe; those of a mixture with what its tasks keep of their own."""
        parts = {part.name: self.recipes[part.name].values for part in training.task.parts}
        kept = {name: {key: values[key] for key in own_settings(values)} for name, values in parts.items()}
        return training.recipe.values | ({"parts": kept} if kept else {})

    def without_lost_groups(self, inventory: Inventory) -> "Requirements":
        """The same without the intermediate tasks that only a group names and whose training data are missing."""

        def stays(task: TaskSpec | None) -> bool:
            grouped = task is not None and task.name in self.resolution.grouped
            return task is None or not grouped or not inventory.lost(self.intermediate(task).needs())

        inters = tuple(filter(stays, self.resolution.inters))
        return replace(self, resolution=replace(self.resolution, inters=inters))

    @property
    def untested(self) -> dict[DataSplit, tuple[str, ...]]:
        """The targets that are left out, as if their test data were missing."""
        langs = ",".join(self.request.langs)
        return {
            DataSplit(name, "test", langs): ("the task has none of these languages",)
            for name in self.resolution.untested
        }

    def lost(self, inventory: Inventory) -> dict[DataSplit, tuple[str, ...]]:
        """What is missing that the plan can't do without, and why."""
        lost = inventory.lost(self.needs())
        for training in self.trainings():
            lost |= training.lost_to_oracle(inventory)
        return lost


def _in_passing(recipe: Resolved) -> Resolved:
    """A recipe without what only the last training of a target has, an oracle and policies compared."""
    if not isinstance(recipe.record, Learning):
        return recipe
    own = {"compare": False} | ({"select": "english-dev"} if recipe.record.select == ORACLE else {})
    return Resolved(recipe.values | own, recipe.origins, replace(recipe.record, **own))


def _one_after_another(steps: list[PlannedTraining]) -> list[PlannedTraining]:
    """Several trainings as the steps of one target; a head is carried over to a step of its kind with its labels."""
    if len(steps) == 1:
        return steps
    heads = [_head(step.train) for step in steps]
    before = [None, *heads[:-1]]
    return [
        replace(step, step=step.train.name, with_head=head == other)
        for step, head, other in zip(steps, heads, before, strict=True)
    ]


def _head(task: TaskSpec) -> tuple[str, ...]:
    """What a head is for; tasks that leave their labels to the data share none."""
    return task.kind, *(task.labels or ([task.name] if facts(task.kind).labelled else []))


def requirements(request: Request, registry: Registry) -> list[Requirements]:
    """What a request asks for at each point of its axes; nothing is read of the data."""

    @cache
    def encoder(name: str, mirror: Path | None, offline: bool) -> Encoder:
        return find(name, registry, mirror, offline=offline, trusted=request.trust_remote_code)

    return _pinned(
        [
            _at(point, each, registry, encoder)
            for point, found in points(_with_sizes(request, registry))
            for each in _in_each_language(found, registry)
        ]
    )


def _with_sizes(request: Request, registry: Registry) -> Request:
    """A request whose groups of encoders are their members, one after the other on the axis ``model``."""
    named = request.vary.get("model") or filter(None, (request.model,))
    groups: dict[str, list[str]] = {}
    for name, spec in registry.encoders:
        groups.setdefault(spec.record.group, []).append(name)
    names = {str(name): groups.get(str(name)) if name else None for name in named}
    if not any(names.values()):
        return request
    members = [each for name, found in names.items() for each in found or [name]]
    return replace(request, model=None, vary={"model": tuple(dict.fromkeys(members))} | {
        axis: values for axis, values in request.vary.items() if axis != "model"
    })  # fmt: skip


def _in_each_language(request: Request, registry: Registry) -> Iterator[Request]:
    """Of a request to train in the language that is tested one for each target and language; any other as it is."""
    if request.train_lang != EACH:
        yield request
        return
    plain = replace(request, train_lang=None)
    resolution = resolve(plain, registry)
    tasks = _tasks(resolution, registry)
    for target in resolution.targets:
        one = replace(plain, target=(target.task.name,))
        train, _ = train_and_dev(target.task, tasks, resolution)
        anything = train.name in resolution.own
        langs = [lang for lang in target.langs if anything or lang in (*train.languages, *train.translated)]
        own = facts(target.task.kind).trained
        if own and not langs:
            in_languages(train, target.langs)
        yield from (replace(one, train_lang=lang, langs=(lang,)) for lang in langs) if own else (one,)


def _at(
    point: Point, request: Request, registry: Registry, find_encoder: Callable[[str, Path | None, bool], Encoder]
) -> Requirements:
    resolution = resolve(request, registry)
    folder, offline = data_folder(resolution.data), request.offline or hub.forbidden()
    others = [place for name in resolution.others if (place := data_folder(name))]
    mirror = next((place for place in (folder, *others) if place and (place / "models").is_dir()), folder)
    encoder = find_encoder(resolution.encoder, mirror, offline)
    tasks = _tasks(resolution, registry)
    recipes = {name: resolve_recipe(task, resolution.profile, resolution.overrides) for name, task in tasks.items()}
    asked = Requirements(
        point=point,
        request=request,
        resolution=resolution,
        encoder=encoder,
        tasks=tasks,
        recipes=recipes,
        models=_models(tasks, recipes, mirror, offline),
        locations=Locations(
            store=str(Path(request.runs).absolute()),
            encoders={encoder.identity: encoder.place},
            data=str(folder) if folder else None,
            others=tuple(map(str, others)),
            own=resolution.own,
            offline=offline,
            trust_remote_code=request.trust_remote_code,
            device=request.device,
            jobs=request.jobs,
            gpus_per_stage=request.gpus_per_stage,
            engine_settings=engine_settings(request, registry),
            adapters=request.keep == "adapters",
        ),
    )
    for task in [*(part for inter in resolution.inters if inter for part in inter.members),
                 *(target.task for target in resolution.targets)]:  # fmt: skip
        check_fit(encoder, task, asked.recipes[task.name].record, request.trust_remote_code)
    for training in asked.trainings():
        training.check_oracle()
    return asked


def _models(
    tasks: dict[str, TaskSpec], recipes: dict[str, Resolved], mirror: Path | None, offline: bool
) -> dict[str, Encoder]:
    """The further models that settings name, found."""
    named = [(task, setting) for task in tasks.values() for setting in facts(task.kind).models]
    find_model = cache(models.find)
    return {
        f"{task.name}.{setting}": find_model(recipes[task.name].values[setting], mirror, offline=offline)
        for task, setting in named
    }


def _tasks(resolution: Resolution, registry: Registry) -> dict[str, TaskSpec]:
    """Every task that the request touches, sources of training among them."""
    inters = [each for task in resolution.inters if task for each in (task, *task.parts)]
    direct = [*inters, *(target.task for target in resolution.targets)]
    others = {
        name: varied(registry.task(name), resolution.profile, resolution.overrides)
        for task in direct
        for name in task.steps
    }
    tasks = others | {task.name: task for task in [*direct, *others.values()]}
    trained = [target.task for target in resolution.targets if target.is_trained]
    return tasks | {train.name: train for train, _ in (train_and_dev(task, tasks, resolution) for task in trained)}


def train_and_dev(target: TaskSpec, tasks: dict[str, TaskSpec], resolution: Resolution) -> tuple[TaskSpec, TaskSpec]:
    """The tasks that a target's training and its dev set come from: its own splits, else those of ``train_from``."""
    other = tasks.get(target.steps[-1], target) if target.steps else target
    train = target if "train" in target.splits else other
    dev = target if "dev" in target.splits else other
    lang = resolution.train_lang if facts(target.kind).trained else None
    return (in_languages(train, (lang,), resolution.own) if lang else train), dev


def _pinned(points: Sequence[Requirements]) -> list[Requirements]:
    """The same with the Hub's branches made commits, as far as they can be looked up; each is asked for once."""
    locations = points[0].locations
    remotes = (remote([need.data for need in asked.needs()], asked.tasks, locations) for asked in points)
    splits = [split for found in remotes for split in found] if locations.data is None else []
    known, unasked_branches = look_up(splits, locations.offline)
    unknown = [f"{text}, so the stages that read it count as new" for text in unasked_branches]
    return [_at_commits(asked, known, unknown) for asked in points]


def _at_commits(asked: Requirements, known: dict[Branch, str], unknown: Sequence[str]) -> Requirements:
    resolution = replace(
        asked.resolution,
        inters=tuple(inter and pinned(inter, known) for inter in asked.resolution.inters),
        targets=tuple(Target(pinned(each.task, known), each.langs) for each in asked.resolution.targets),
    )
    return replace(
        asked,
        resolution=resolution,
        tasks={name: pinned(task, known) for name, task in asked.tasks.items()},
        unknown=(*unasked(asked.encoder, asked.locations), *unknown),
    )
