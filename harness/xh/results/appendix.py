"""Where results come from, read from the records of their stages."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from xh.data.labels import FOLDER, is_path
from xh.data.places import SAMPLE
from xh.results.bibtex import bibtex
from xh.results.evaluation import Evaluation
from xh.results.names import data_name, encoder_name, folder_name
from xh.results.provenance import Appendix, Command, Data, Recipe
from xh.spec import Files, Hub, TaskSpec
from xh.spec.fingerprint import changed_settings
from xh.store import Record, RunRecord, Store
from xh.version import __version__

LIMITS = ("limit_train", "limit_eval")
PLACES = {"--runs", "--data", "--to", "-o", "--output", "runs", "data"}
"""Options that name folders and files, the last two of a call from Python."""


def appendix(store: Store, evaluations: Sequence[Evaluation]) -> Appendix:
    """Commands, versions, machines, encoders, data, recipes, seeds and citations of all that results are made of."""
    records = list({record.stage.id: record for each in evaluations for record in each.chain}.values())
    used = {part.name: part for record in records for task in _tasks(record) for part in task.members}
    return Appendix(
        date=datetime.now(UTC).date().isoformat(),
        xh=__version__,
        commands=tuple(map(_command, store.history())),
        versions=versions(records),
        machines=tuple(dict.fromkeys(record.machine for record in records if record.machine.device)),
        encoders=_encoders(records),
        data=tuple(_data(records)),
        recipes=tuple(_recipes(evaluations)),
        bibtex=bibtex(used.values()),
    )


def versions(records: Iterable[Record]) -> dict[str, str]:
    """By package its version; several are joined by commas."""
    by_package: dict[str, set[str]] = {}
    for record in records:
        for name, version in record.versions.items():
            by_package.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(by_package[name])) for name in sorted(by_package)}


def public(words: Sequence[str]) -> tuple[str, ...]:
    """A command line, with only the last part of each path, also after ``=`` and commas.

    What an option of places has is a path wherever it has a slash.
    """
    return tuple(_public(word, before in PLACES) for before, word in zip(("", *words), words, strict=False))


def _public(word: str, place: bool) -> str:
    for mark in ",=":
        if mark in word:
            parts = word.split(mark)
            return mark.join(_public(part, place or parts[0] in PLACES) for part in parts)
    return f"…/{folder_name(word)}" if is_path(word) or (place and "/" in word) else word


def _command(run: RunRecord) -> Command:
    return Command(
        words=public(run.command),
        started=run.started,
        seconds=run.seconds,
        outcome=run.outcome,
        version=run.version,
    )


def _tasks(record: Record) -> Iterable[TaskSpec]:
    return record.stage.inputs.tasks.values()


def _encoders(records: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    by_name: dict[str, dict[str, None]] = {}
    for record in records:
        by_name.setdefault(encoder_name(record), {})[record.stage.inputs.encoder] = None
    return {name: tuple(identities) for name, identities in by_name.items()}


def _data(records: Iterable[Record]) -> Iterator[Data]:
    """Each split that was read; one that was read with two contents is listed twice."""
    contents: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for record in records:
        parts = {part.name: part for task in _tasks(record) for part in task.members}
        for (name, split, lang), identity in record.stage.inputs.identities.items():
            source = _source(record, parts.get(name), identity)
            known = contents.setdefault((name, split, source), [])
            content = _content(parts.get(name), identity)
            same = (found for found in known if found.get(lang, content) == content)
            if (fitting := next(same, None)) is None:
                known.append(fitting := {})
            fitting[lang] = content
    for (name, split, source), known in contents.items():
        yield from (Data(task=name, split=split, source=source, contents=found) for found in known)


def _content(task: TaskSpec | None, identity: str) -> str:
    """A content's hash as it is, a commit with its repository."""
    sources = task.all_sources if task else ()
    repositories = {source.revision: source.id for source in sources if isinstance(source, Hub)}
    parts = identity.split(" + ")
    return " + ".join(f"{repositories[part]}@{part}" if part in repositories else part for part in parts)


def _source(record: Record, task: TaskSpec | None, identity: str) -> str:
    if not identity.startswith("sha256:"):
        return "archive" if "://" in identity else "hub"
    if data_name(record) == SAMPLE:
        return SAMPLE
    packaged = task and any(isinstance(source, Files) and source.package for source in task.sources)
    return "package" if packaged else FOLDER


def _recipes(evaluations: Iterable[Evaluation]) -> Iterator[Recipe]:
    """Each recipe by which something was trained, or evaluated without a training of its own."""
    seeds: dict[bytes, dict[int, None]] = {}
    for each in evaluations:
        trained = any(record.stage.phase == "target" for record in each.ancestors)
        for record in each.ancestors if trained else each.chain:
            inputs = record.stage.inputs
            found = seeds.setdefault(msgspec.json.encode(_recipe(record)), {})
            found |= {} if inputs.seed is None else {inputs.seed: None}
    for encoded, numbers in seeds.items():
        yield msgspec.structs.replace(msgspec.json.decode(encoded, type=Recipe), seeds=tuple(sorted(numbers)))


def _recipe(record: Record) -> Recipe:
    inputs = record.stage.inputs
    task = inputs.task
    methods = {f"method {each.name}": each.settings | each.contents or "at its defaults" for each in inputs.methods}
    limits = {name: getattr(inputs, name) for name in LIMITS if getattr(inputs, name) is not None}
    return Recipe(
        phase=inputs.phase,
        task=task.name,
        kind=task.kind,
        settings=changed_settings(task, inputs.recipe) | methods,
        limits=limits,
    )
