"""Which data a request needs, and which of them are there."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

import xh.mini
from xh.data import fetch
from xh.data.locate import files, identity, own_source
from xh.data.patterns import origin
from xh.plan.mixtures import in_languages
from xh.spec import Learning, Locations, MissingError, TaskSpec, Training, UsageError
from xh.spec.kinds import facts
from xh.spec.recipe import ORACLE, Recipe, Retrieval
from xh.spec.train_languages import dev_languages, other_languages, train_language, train_languages


class DataSplit(Struct, frozen=True):
    """One split in one language. A missing ``optional`` one costs its task that language, others end the run."""

    task: str
    role: str
    lang: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.task} {self.role} {self.lang}"


class Inventory(Struct, frozen=True):
    """The identity of each split that is there (for fingerprints), and why the others are not."""

    found: dict[DataSplit, str]
    missing: dict[DataSplit, tuple[str, ...]]

    def of(self, needs: Iterable[DataSplit]) -> dict[str, str]:
        """The identities of these splits, under ``task/role/lang``."""
        return {f"{need.task}/{need.role}/{need.lang}": self.found[need] for need in needs}

    def has(self, needs: Iterable[DataSplit]) -> bool:
        """Whether all of these splits are there."""
        return all(need in self.found for need in needs)

    def lost(self, needs: Iterable[DataSplit]) -> dict[DataSplit, tuple[str, ...]]:
        """Those of the needs that a run can't do without and that are missing, and why."""
        there = {(need.task, need.role) for need in self.found}
        vital = [need for need in needs if not need.optional or (need.task, need.role) not in there]
        return {need: self.missing[need] for need in vital if need in self.missing}


def training_needs(train: TaskSpec, dev: TaskSpec, recipe: Recipe, langs: Iterable[str] = ()) -> Iterator[DataSplit]:
    """What a training reads: the train split and, where checkpoints are selected by it, the dev split.

    ``langs``: those that a target is tested in; an oracle selects by the dev sets of those that are not learnt.
    """
    for task in train.members:
        yield from (DataSplit(task.name, "train", lang, _many(task)) for lang in train_languages(task))
    policies = recipe.policies if isinstance(recipe, Learning) else ()
    if "english-dev" in policies:
        for task in dev.members:
            yield from (DataSplit(task.name, "dev", lang, _many(task)) for lang in dev_languages(task, train))
    if ORACLE in policies:
        yield from (DataSplit(dev.name, "dev", lang, optional=True) for lang in other_languages(dev, train, langs))


def test_needs(task: TaskSpec, recipe: Recipe, lang: str) -> Iterator[DataSplit]:
    """What an evaluation in one language reads; mining tunes its threshold on the dev part."""
    yield DataSplit(task.name, "test", lang, optional=True)
    if isinstance(recipe, Retrieval) and recipe.search == "mine" and recipe.threshold == "dev":
        yield DataSplit(task.name, "dev", lang, optional=True)


def readable(task: TaskSpec) -> list[DataSplit]:
    """What runs without an oracle may read: of what is trained on or selected by, only the language of training."""

    def languages(split: str) -> tuple[str, ...]:
        return task.languages if split == "test" or not facts(task.kind).trained else (train_language(task),)

    return [DataSplit(task.name, split, lang) for split in task.splits for lang in languages(split)]


def _many(task: TaskSpec) -> bool:
    """Whether a language may be missing."""
    return facts(task.kind).text and not task.train_languages


def sources(
    target: TaskSpec, tasks: dict[str, TaskSpec], lang: str | None, own: Iterable[str]
) -> tuple[TaskSpec, TaskSpec]:
    """The tasks that a target's training and its dev set come from: its own splits, else those of ``train_from``.

    ``lang``: the language to train in instead of English; ``own``: the tasks for which the user has a folder.
    """
    other = tasks.get(target.train_from or "", target)
    own_dev = "dev" in target.splits and facts(target.kind).trained
    train = target if "train" in target.splits else other
    return (in_languages(train, (lang,), own) if lang else train), (target if own_dev else other)


def take_inventory(
    needs: Iterable[DataSplit], tasks: dict[str, TaskSpec], locations: Locations, download: bool
) -> Inventory:
    """Look for every split; with ``download`` what is on the Hub is brought into its cache first."""
    needs = list(dict.fromkeys(needs))
    reach = download and locations.data is None
    problems = fetch.bring(remote(needs, tasks, locations)) if reach and not locations.offline else {}
    found: dict[DataSplit, str] = {}
    missing: dict[DataSplit, tuple[str, ...]] = {}
    for need in needs:
        task = tasks[need.task]
        if lost := tuple(_lost(need, task, locations, problems, reach)):
            missing[need] = lost
        else:
            found[need] = identity(task, need.role, need.lang, locations)
    return Inventory(found, missing)


def _lost(
    need: DataSplit, task: TaskSpec, locations: Locations, problems: dict[str, str], reach: bool
) -> Iterator[str]:
    """Why a split can't be read; what is on the Hub is there unless it should have been brought by now."""
    if need.role not in task.splits:
        yield "the task has no such split" + _without(need)
        return
    if own_source(task, need.role, need.lang, locations):
        return
    for source in task.sources_of(need.role, need.lang):
        if locations.data is not None or reach or not fetch.distant(source) or not fetch.public(source):
            try:
                files(task, source, need.role, need.lang, locations)
            except MissingError as error:
                problem = problems.get(origin(source, need.role, need.lang))
                yield problem or error.what.removeprefix(f"{need}: ")


def _without(need: DataSplit) -> str:
    does = "; a recipe with select = last and compare = false does without"
    return does if need.role == "dev" and not need.optional else ""


def remote(needs: Iterable[DataSplit], tasks: dict[str, TaskSpec], locations: Locations) -> Iterator[fetch.Split]:
    """What of these splits comes over the network."""
    for need in needs:
        task = tasks[need.task]
        if need.role in task.splits and not own_source(task, need.role, need.lang, locations):
            sources = task.sources_of(need.role, need.lang)
            yield from ((source, need.role, need.lang) for source in sources if fetch.distant(source))


def check(
    lost: Mapping[DataSplit, tuple[str, ...]], extra: list[str], locations: Locations, tasks: Mapping[str, TaskSpec]
) -> None:
    """Raise one error that names all that is missing, if there is any."""
    if texts := [*extra, *folded(lost)]:
        what = "Data or a model is missing:\n" + "\n".join(f"  - {text}" for text in texts)
        raise MissingError(what, todo="\n".join([_advice(locations, extra), *_ones_own(lost, tasks)]))


def _ones_own(lost: Iterable[DataSplit], tasks: Mapping[str, TaskSpec]) -> list[str]:
    """A line for each task whose missing text or translation a user may well have."""
    found: dict[str, str] = {}
    for need in lost:
        task = tasks[need.task]
        if facts(task.kind).text:
            file, what = f"{need.lang}.txt", "text, a line each"
        elif need.lang in task.train_languages and need.role == "train":
            file, what = f"{need.lang}/train.jsonl", "translation, with the columns of the task's data"
        else:
            continue
        found.setdefault(task.base, f"Or put your own {what}, into FOLDER/{file} and add --data {task.base}=FOLDER.")
    return list(found.values())


def folded(missing: Mapping[DataSplit, tuple[str, ...]]) -> list[str]:
    """A line for each reason, with the splits and languages that it concerns."""
    found: dict[str, dict[str, list[str]]] = {}
    for need, reasons in missing.items():
        for reason in reasons:
            found.setdefault(reason, {}).setdefault(f"{need.task} {need.role}", []).append(need.lang)
    return [
        "; ".join(f"{split} {', '.join(langs)}" for split, langs in splits.items()) + f": {reason}"
        for reason, splits in found.items()
    ]


def _advice(locations: Locations, encoder_missing: list[str]) -> str:
    if locations.data == str(xh.mini.SAMPLE) and not encoder_missing:
        return "The sample has none of them: say --data hub, or --data DIR."
    if locations.data is not None and not encoder_missing:
        how = "as xh fetch --to or hf download --local-dir does"
        return f"Put them below {locations.data}, {how}, or choose other --data."
    if locations.offline:
        return "Run xh fetch with these options where there is a network, or use --data DIR (sample is always there)."
    return "Check the network and the names; or use --data DIR with a local copy (--data sample is always there)."


def usage_check(recipe: Recipe, task: TaskSpec, layers: int | None, positions: int | None) -> None:
    """Raise if a recipe asks for more layers or longer inputs than the encoder has, as far as its config tells."""
    if isinstance(recipe, Retrieval) and recipe.layer is not None and layers is not None and recipe.layer > layers:
        raise UsageError(
            f"{task.name}.layer = {recipe.layer}, but the encoder has {layers} layers.",
            todo=f"Say --set {task.name}.layer=0 … {layers} (0 is the embeddings).",
        )
    if positions is not None and isinstance(recipe, Training | Retrieval) and recipe.max_length > positions:
        raise UsageError(
            f"{task.name}.max_length = {recipe.max_length}, but the encoder takes {positions} subword tokens.",
            todo=f"Say --set {task.name}.max_length={positions}, or less.",
        )
