"""Finished evaluations in the store: one or several stages, the trainings before them, and their scores."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from xh.results.records import Picked, Score, Scores
from xh.spec import Inputs, Stage, StorageError, TaskSpec
from xh.store import Record, Store
from xh.store.files import content, parsed

SCORES = "scores.json"


class Part(Struct, frozen=True):
    """An evaluate stage's record, and its scores in the languages that count."""

    record: Record
    scores: Scores


class Evaluation(Struct, frozen=True):
    """The stages that evaluate one model on one target, each in languages of its own.

    ``ancestors``: the records of the trainings before them, the first trained first. ``only``: the languages that a
    report is over, where it was asked for some. ``names``: what third parties' tasks are called, by their full names.
    """

    parts: tuple[Part, ...]
    ancestors: tuple[Record, ...]
    only: tuple[str, ...] = ()
    names: dict[str, str] = {}

    @property
    def record(self) -> Record:
        """The first stage's record, which in all but the languages is also the others'."""
        return self.parts[0].record

    @property
    def id(self) -> str:
        """The first stage's name."""
        return self.record.stage.id

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of all its stages."""
        return tuple(part.record.stage.id for part in self.parts)

    @property
    def inputs(self) -> Inputs:
        """The inputs of all its stages as those of one."""
        inputs = [part.record.stage.inputs for part in self.parts]
        languages = dict.fromkeys(lang for each in inputs for lang in each.languages)
        data = {key: identity for each in inputs for key, identity in each.data.items()}
        return replace(inputs[0], languages=tuple(languages), data=data)

    @property
    def inter(self) -> str:
        """The intermediate task, or ``none``."""
        name = self.record.stage.purpose.inter
        return next((self.names.get(task.full_name, name) for task in self.learnt), name)

    @property
    def learnt(self) -> list[TaskSpec]:
        """The intermediate task's record, if there is one."""
        trained = (record.stage for record in self.ancestors if record.stage.phase == "intermediate")
        return [stage.inputs.tasks["train"] for stage in trained]

    @property
    def seen(self) -> frozenset[str]:
        """The languages in which the trainings before it read their train splits."""
        splits = (split for record in self.ancestors for split in record.stage.inputs.identities)
        return frozenset(split.lang for split in splits if split.split == "train")

    @property
    def method(self) -> str:
        """The method of training, several joined by ``+``, or ``none``."""
        return self.record.stage.purpose.method

    @property
    def task(self) -> TaskSpec:
        """The target."""
        task = self.record.stage.inputs.tasks["test"]
        return replace(task, name=self.names[task.full_name]) if task.full_name in self.names else task

    @property
    def seed(self) -> int | None:
        """The seed of the last training; None where nothing was trained."""
        return self.ancestors[-1].stage.inputs.seed if self.ancestors else None

    @property
    def policy(self) -> str | None:
        """What selected the target's checkpoint; None where it wasn't trained."""
        return selected(self.ancestors)

    @property
    def chain(self) -> tuple[Record, ...]:
        """All records in the order in which they were made."""
        return (*self.ancestors, *(part.record for part in self.parts))

    @property
    def scored(self) -> list[tuple[Part, Score]]:
        """Every score with its stage, in the order of the target's languages."""
        order = {lang: number for number, lang in enumerate(self.task.languages)}
        scores = [(part, score) for part in self.parts for score in part.scores.scores]
        return sorted(scores, key=lambda each: order.get(each[1].lang, len(order)))

    def value(self, lang: str, metric: str) -> float | None:
        """One score; None where it isn't there."""
        values = (score.value for _, score in self.scored if (score.lang, score.metric) == (lang, metric))
        return next(values, None)

    def stage_in(self, lang: str) -> str:
        """The stage that has the scores in a language."""
        return next(part.record.stage.id for part, score in self.scored if score.lang == lang)

    @property
    def picked(self) -> tuple[Picked, ...]:
        """What each of several policies of selection took, with its scores in all languages."""
        by_policy: dict[str, Picked] = {}
        for each in (picked for part in self.parts for picked in part.scores.policies):
            before = by_policy.get(each.policy)
            by_policy[each.policy] = replace(each, scores=(*before.scores, *each.scores)) if before else each
        return tuple(by_policy.values())


def selected(ancestors: Iterable[Record]) -> str | None:
    """The policy that selected the checkpoint of the target's training, if that is among these."""
    recipes = [record.stage.inputs.recipe for record in ancestors if record.stage.phase == "target"]
    return recipes[-1].get("select") if recipes else None


def called_alike(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """The evaluations with one name for each third party's task, the short one unless several tasks have that.

    When their stages were made somebody else may have claimed it, or have not yet.
    """
    tasks = [task for each in evaluations for task in (each.task, *each.learnt)]
    shorts = {task.full_name: task.full_name.rpartition(":")[2] for task in tasks if not task.parts}
    several = {short for short, count in Counter(shorts.values()).items() if count > 1}
    dists = {task.full_name for task in tasks if task.dist}
    names = {full: full if short in several else short for full, short in shorts.items() if full in dists}
    return [replace(each, names=names) for each in evaluations]


def stored(store: Store, evaluations: Mapping[str, Sequence[Stage]]) -> list[Evaluation]:
    """All ``evaluations`` of the store; stages that differ only in their languages are one."""
    groups = (group for stages in evaluations.values() for group in _joined(stages))
    finished = (read(store, [stage.id for stage in group]) for group in groups)
    return [evaluation for evaluation in finished if evaluation]


def _joined(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Stages in groups in which no language has other data than in another stage."""
    groups: list[list[Stage]] = []
    for stage in stages:
        home = next((group for group in groups if all(map(stage.agrees, group))), None)
        if home is None:
            groups.append([stage])
        else:
            home.append(stage)
    return groups


def read(store: Store, stages: Iterable[str], languages: Iterable[str] | None = None) -> Evaluation | None:
    """A finished evaluation in these languages, or in all that its stages have; None if none is whole.

    Of a language that several stages have the first counts. Raises :class:`~xh.spec.StorageError` for scores that
    don't parse.
    """
    wanted = None if languages is None else set(languages)
    parts: list[Part] = []
    seen: set[str] = set()
    for record in filter(None, map(store.record, dict.fromkeys(stages))):
        langs = set(record.stage.inputs.languages) - seen
        langs = langs if wanted is None else langs & wanted
        if record.stage.phase == "evaluate" and langs:
            parts.append(Part(record, _in(langs, _scores(store, record.stage.id))))
            seen |= langs
    return Evaluation(tuple(parts), tuple(_ancestors(store, parts[0].record))[::-1]) if parts else None


def within(evaluation: Evaluation, langs: Sequence[str]) -> Evaluation | None:
    """The evaluation with its scores in these languages; None where it has none."""
    kept = [Part(part.record, _in(set(langs), part.scores)) for part in evaluation.parts]
    parts = tuple(part for part in kept if part.scores.scores)
    return replace(evaluation, parts=parts, only=tuple(langs)) if parts else None


def _in(langs: set[str], scores: Scores) -> Scores:
    def of(scores: Iterable[Score]) -> tuple[Score, ...]:
        return tuple(score for score in scores if score.lang in langs)

    policies = tuple(replace(picked, scores=of(picked.scores)) for picked in scores.policies)
    return replace(scores, scores=of(scores.scores), policies=policies)


def _ancestors(store: Store, record: Record) -> Iterator[Record]:
    parent, seen = record.stage.inputs.parent, {record.stage.id}
    while parent and parent not in seen and (earlier := store.read(parent)):
        yield earlier
        seen.add(parent)  # an edited record may say that a stage starts from itself
        parent = earlier.stage.inputs.parent


def _scores(store: Store, stage_id: str) -> Scores:
    path = store.folder(stage_id) / SCORES
    try:
        return parsed(content(path), Scores)
    except (OSError, ValueError) as error:
        todo = f"Remove {path.parent} and run the stage again."
        raise StorageError(f"{path} can't be read.", why=str(error), todo=todo) from error
