"""Which data a request needs, and which of them are there."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from xh.plan import fetch
from xh.plan.data import identity
from xh.spec import Hub, MissingError, Site, TaskSpec, Training, UsageError
from xh.spec.kinds import facts
from xh.spec.recipe import Recipe, Retrieval


class Need(Struct, frozen=True):
    """One split in one language. A missing ``optional`` one costs its target that language, others end the run."""

    task: str
    role: str
    lang: str
    optional: bool = False


class Survey(Struct, frozen=True):
    """The identity of each split that is there (for fingerprints) and, in words, what isn't."""

    found: dict[Need, str]
    missing: dict[Need, str]

    def of(self, needs: Iterable[Need]) -> dict[str, str]:
        """The identities of these splits, under ``task/role/lang``."""
        return {f"{need.task}/{need.role}/{need.lang}": self.found[need] for need in needs}

    def has(self, needs: Iterable[Need]) -> bool:
        """Whether all of these splits are there."""
        return all(need in self.found for need in needs)


def training_needs(train: TaskSpec, dev: TaskSpec, recipe: Recipe) -> Iterator[Need]:
    """What a training reads: the train split and, where checkpoints are selected by it, the dev split."""
    yield Need(train.name, "train", training_language(train))
    if isinstance(recipe, Training) and recipe.select != "last":
        yield Need(dev.name, "dev", training_language(dev))


def test_needs(task: TaskSpec, recipe: Recipe, lang: str) -> Iterator[Need]:
    """What an evaluation in one language reads; mining tunes its threshold on the dev part."""
    yield Need(task.name, "test", lang, optional=True)
    if isinstance(recipe, Retrieval) and recipe.search == "mine" and recipe.threshold == "dev":
        yield Need(task.name, "dev", lang, optional=True)


def training_language(task: TaskSpec) -> str:
    """English, or the only language of a task that has no English."""
    return "en" if "en" in task.languages else task.languages[0]


def sources(target: TaskSpec, tasks: dict[str, TaskSpec]) -> tuple[TaskSpec, TaskSpec]:
    """The tasks that a target's training and its dev set come from: its own splits, else those of ``train_from``."""
    other = tasks.get(target.train_from or "", target)
    own_dev = "dev" in target.splits and facts(target.kind).trained
    return (target if "train" in target.splits else other), (target if own_dev else other)


def survey(needs: Iterable[Need], tasks: dict[str, TaskSpec], site: Site, download: bool) -> Survey:
    """Look for every split; with ``download`` what is on the Hub is brought into its cache first."""
    found: dict[Need, str] = {}
    missing: dict[Need, str] = {}
    for need in dict.fromkeys(needs):
        task = tasks[need.task]
        try:
            if need.role not in task.splits:
                raise MissingError(f"{need.task} has no {need.role} split" + _without(need))
            if download and remote(task, site):
                fetch.fetch(task, need.role, need.lang, site)
            found[need] = identity(task, need.role, need.lang, site)
        except MissingError as error:
            missing[need] = error.what
    return Survey(found, missing)


def _without(need: Need) -> str:
    return "; a recipe with select = last does without" if need.role == "dev" and not need.optional else ""


def remote(task: TaskSpec, site: Site) -> bool:
    """Whether a task's data come over the network."""
    return site.data is None and any(isinstance(source, Hub) or not source.package for source in task.sources)


def check(survey: Survey, targets: Iterable[tuple[TaskSpec, tuple[str, ...]]], extra: list[str], site: Site) -> None:
    """Raise one error that names all that is missing, if a run can't do without it."""
    lost = [text for need, text in survey.missing.items() if not need.optional]
    for task, langs in targets:
        if not any(Need(task.name, "test", lang, optional=True) in survey.found for lang in langs):
            lost += [text for need, text in survey.missing.items() if need.optional and need.task == task.name]
    if lost := [*extra, *dict.fromkeys(lost)]:
        raise MissingError(
            "Data or a model is missing:\n" + "\n".join(f"  - {text}" for text in lost), todo=_advice(site, extra)
        )


def _advice(site: Site, encoder_missing: list[str]) -> str:
    if site.data is not None and not encoder_missing:
        return f"Put them below {site.data}, laid out as hf download --local-dir does, or choose other --data."
    if site.offline:
        return "Run once without --offline where there is a network, or use --data DIR (--data sample is always there)."
    return "Check the network and the names; or use --data DIR with a local copy (--data sample is always there)."


def usage_check(recipe: Recipe, task: TaskSpec, layers: int | None, positions: int | None) -> None:
    """Raise if a recipe asks for more layers or longer inputs than the encoder has, as far as its config tells."""
    if isinstance(recipe, Retrieval) and recipe.layer is not None and layers is not None and recipe.layer > layers:
        raise UsageError(
            f"{task.name}.layer = {recipe.layer}, but the encoder has {layers} layers.",
            todo=f"Say --set {task.name}.layer=0 … {layers} (0 is the embeddings).",
        )
    if positions is not None and recipe.max_length > positions:
        raise UsageError(
            f"{task.name}.max_length = {recipe.max_length}, but the encoder takes {positions} sub-tokens.",
            todo=f"Say --set {task.name}.max_length={positions}, or less.",
        )
