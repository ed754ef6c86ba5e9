"""Which of the data that a request needs are there."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from xh.data import fetch
from xh.data.columns import lacking as lacking_columns
from xh.data.fetch import SourceSplit
from xh.data.locate import identity, located, own_sources, search
from xh.data.patterns import origin
from xh.mini import SAMPLE as EMBEDDED
from xh.spec import Files, Hub, Locations, MissingError, TaskSpec
from xh.spec.data import CANDIDATES, DataSplit
from xh.spec.kinds import facts
from xh.spec.train_languages import train_language

Missing = Mapping[DataSplit, tuple[str, ...]]
"""Splits that can't be read, with the reasons."""
MOST = 40
"""Reasons that are listed."""


class Need(Struct, frozen=True):
    """A split that a plan reads. A missing ``optional`` one costs its task that language, others end the run."""

    data: DataSplit
    optional: bool = False


class Inventory(Struct, frozen=True):
    """The identity of each split that is ``there`` (for fingerprints), and why the others are ``missing``.

    ``unfit``: those of the missing whose files are there and lack columns, which no run leaves out.
    """

    there: dict[DataSplit, str]
    missing: dict[DataSplit, tuple[str, ...]]
    unfit: dict[DataSplit, tuple[str, ...]]

    def of(self, needs: Iterable[Need]) -> dict[DataSplit, str]:
        """The identities of those that are there."""
        return {need.data: self.there[need.data] for need in needs if need.data in self.there}

    def has(self, needs: Iterable[Need]) -> bool:
        """Whether all of these splits are there."""
        return all(need.data in self.there for need in needs)

    def lost(self, needs: Iterable[Need]) -> dict[DataSplit, tuple[str, ...]]:
        """Those of the needs that a run can't do without and that are missing, and why."""
        there = {(data.task, data.split) for data in self.there}
        vital = [
            need.data
            for need in needs
            if not need.optional or (need.data.task, need.data.split) not in there or need.data in self.unfit
        ]
        return {data: self.missing[data] for data in vital if data in self.missing}


def readable(task: TaskSpec) -> list[DataSplit]:
    """What runs without an oracle may read: of what is trained on or selected by, only the language of training."""

    def languages(split: str) -> tuple[str, ...]:
        if split == CANDIDATES:
            return task.pool_languages
        return task.languages if split == "test" or not facts(task.kind).trained else (train_language(task),)

    return [DataSplit(task.name, split, lang) for split in task.splits for lang in languages(split)]


def take_inventory(
    needs: Iterable[Need], tasks: Mapping[str, TaskSpec], locations: Locations, *, download: bool
) -> Inventory:
    """Look for every split; with ``download`` what is on the Hub is brought into its cache first."""
    needs = list(dict.fromkeys(needs))
    reach = download and locations.data is None
    splits = [need.data for need in needs]
    problems = fetch.bring(remote(splits, tasks, locations)) if reach and not locations.offline else {}
    there: dict[DataSplit, str] = {}
    missing: dict[DataSplit, tuple[str, ...]] = {}
    unfit: dict[DataSplit, tuple[str, ...]] = {}
    for need in needs:
        task, (_, split, lang) = tasks[need.data.task], need.data
        if reasons := tuple(_reasons(need, task, locations, problems, reach)):
            missing[need.data] = reasons
        elif lacking := tuple(_unfit(task, split, lang, locations)):
            missing[need.data] = unfit[need.data] = lacking
        else:
            there[need.data] = identity(task, split, lang, locations)
    return Inventory(there, missing, unfit)


def check_own(splits: Iterable[tuple[TaskSpec, DataSplit]], locations: Locations) -> None:
    """Raise :class:`MissingError` for a ``--data TASK=FOLDER`` with none of the splits that are needed."""
    if not locations.own:
        return
    has: dict[str, bool] = {}
    for task, (_, split, lang) in splits:
        if task.base in locations.own:
            has[task.base] = has.get(task.base) or bool(own_sources(task, split, lang, locations))
    if empty := [f"{base}={locations.own[base]}" for base, found in has.items() if not found]:
        raise MissingError(
            f"--data {', '.join(empty)} has nothing that this run would read.",
            todo="Name files FOLDER/<language>/<train|dev|test>.jsonl, .csv, .tsv or .parquet; see xh docs data.",
        )


def _unfit(task: TaskSpec, split: str, lang: str, locations: Locations) -> Iterator[str]:
    """Which of a user's files have not the columns of the task's data."""
    if locations.data is not None or own_sources(task, split, lang, locations):
        for source, paths in located(task, split, lang, locations):
            if isinstance(source, Hub) or not source.package:
                yield from lacking_columns(task.in_language(lang), source, paths)


def _reasons(
    need: Need, task: TaskSpec, locations: Locations, problems: Mapping[str, str], reach: bool
) -> Iterator[str]:
    """Why a split can't be read; what is on the Hub is there unless it should have been brought by now."""
    _, split, lang = need.data
    if split not in task.splits:
        without = "; a recipe with select = last and compare = false needs none"
        yield "the task has no such split" + (without if split == "dev" and not need.optional else "")
    elif not own_sources(task, split, lang, locations):
        looked = locations.data is not None or reach
        sources = [
            source
            for source in task.sources_of(split, lang)
            if looked or not fetch.distant(source) or not fetch.public(source)
        ]
        _, lacking = search(sources, split, lang, locations)
        yield from (problems.get(origin(source, split, lang)) or reason for source, reason in lacking)


def remote(splits: Iterable[DataSplit], tasks: Mapping[str, TaskSpec], locations: Locations) -> Iterator[SourceSplit]:
    """What of these splits comes over the network."""
    for name, split, lang in splits:
        task = tasks[name]
        if split in task.splits and not own_sources(task, split, lang, locations):
            sources = task.sources_of(split, lang)
            yield from (SourceSplit(source, split, lang) for source in sources if fetch.distant(source))


def check(missing: Missing, encoder_missing: list[str], locations: Locations, tasks: Mapping[str, TaskSpec]) -> None:
    """Raise one error that names all that is missing, if there is any."""
    if texts := [*encoder_missing, *folded(missing)]:
        more = [f"… and {len(texts) - MOST} more"] if len(texts) > MOST else []
        what = "Data or a model is missing:\n" + "\n".join(f"  - {text}" for text in [*texts[:MOST], *more])
        packaged = _packaged(missing, tasks)
        advice = packaged if packaged and not encoder_missing else _advice(locations, encoder_missing)
        raise MissingError(what, todo="\n".join([advice, *_ones_own(missing, tasks)]))


def _packaged(missing: Missing, tasks: Mapping[str, TaskSpec]) -> str:
    """What to do where all that is missing should have come with packages, into which nobody is to write."""
    sources = [source for name, split, lang in missing for source in tasks[name].sources_of(split, lang)]
    packages = {source.package or "" if isinstance(source, Files) else "" for source in sources}
    if not packages or "" in packages:
        return ""
    name, split, lang = next(iter(missing))
    todo = f"put your own into FOLDER/{lang}/{split}.jsonl and use --data {tasks[name].base}=FOLDER"
    return f"They come with {', '.join(sorted(packages))}: install it again, or {todo}."


def _ones_own(missing: Missing, tasks: Mapping[str, TaskSpec]) -> list[str]:
    """A line for each task whose missing text or translation a user may well have."""
    lines: dict[str, str] = {}
    for name, split, lang in missing:
        task = tasks[name]
        if facts(task.kind).text:
            file, what = f"{lang}.txt", "text, a line each"
        elif lang in task.train_languages and split == "train":
            file, what = f"{lang}/train.jsonl", "translation, with the columns of the task's data"
        else:
            continue
        lines.setdefault(task.base, f"Or put your own {what}, into FOLDER/{file} and add --data {task.base}=FOLDER.")
    return list(lines.values())


def folded(missing: Missing) -> list[str]:
    """A line for each reason, with the splits and languages that it concerns."""
    concerned: dict[str, dict[str, list[str]]] = {}
    for (task, split, lang), reasons in missing.items():
        for reason in reasons:
            concerned.setdefault(reason, {}).setdefault(f"{task} {split}", []).append(lang)
    return [
        "; ".join(f"{split} {', '.join(langs)}" for split, langs in splits.items()) + f": {reason}"
        for reason, splits in concerned.items()
    ]


def _advice(locations: Locations, encoder_missing: list[str]) -> str:
    folders = [folder for folder in (locations.data, *locations.others) if folder not in (None, str(EMBEDDED))]
    if locations.data is not None and not folders and not encoder_missing:
        return "The sample has none of them: use --data hub, --data DIR, or both the sample and DIR: --data sample,DIR."
    if folders and not encoder_missing:
        how = "as xh fetch --to or hf download --local-dir does"
        return f"Put them below {folders[-1]}, {how}, or choose other --data."
    if locations.offline:
        return "Run xh fetch with these options where there is a network, or use --data DIR (sample is always there)."
    return "Check the network and the names; or use --data DIR with a local copy (--data sample is always there)."
