"""The checks: each says in words what is wrong with a task, where, and nothing if all is well."""

import string
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import extract_tb
from typing import Any

from xh.kinds.base import kind_of
from xh.kinds.scores import scores
from xh.kinds.supervised import trained_kind
from xh.plan.inventory import folded
from xh.plan.recipes import resolve
from xh.plan.settings import Profile
from xh.plan.variants import varied
from xh.plugins.manager import reason
from xh.spec import Files, Hub, MissingError, TaskSpec, XhError
from xh.spec.data import CANDIDATES, DataSplit, Source
from xh.spec.examples import Examples
from xh.spec.kinds import facts
from xh.spec.reference import resolve as imported
from xh.testing import gold, learning, texts
from xh.testing.audit import check_classes
from xh.testing.subject import Place, Subject, tokenizer

SHOWN = 5
"""Problems that are shown of each kind and split."""

ENOUGH = 500
"""Labels in a training split, per label that there is, after which each one should have occurred."""

Problems = Iterator[str]


class NotCheckedError(Exception):
    """A check that could not look at what it should, and why."""


class InapplicableError(NotCheckedError):
    """A check that does not concern the task, and why."""


def check(name: str, subject: Subject) -> list[str]:
    """The problems that the check ``name`` of :data:`CHECKS` finds; raises :class:`NotCheckedError`."""
    try:
        return list(CHECKS[name](subject))
    except XhError as error:
        return [str(error)]
    except NotCheckedError:
        raise
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]
        return [f"{reason(error)} ({Path(place.filename).name}, line {place.lineno})"]


def record(subject: Subject) -> Problems:
    """The record's references lead somewhere, its kind is whole, and it speaks of its own splits only."""
    task = subject.record
    chosen = [{task.name: {name: choice}} for name, choices in task.variants.items() for choice in choices]
    for variant in [varied(task, Profile(), choice) for choice in chosen] or [task]:
        for reference in filter(None, (task.metric, *(source.function for source in variant.all_sources))):
            if ":" in reference:
                imported(reference)
        for source in variant.all_sources:
            yield from _names(variant, source)
    resolve(task, Profile(), {})
    trained_kind(task) if facts(task.kind).trained else kind_of(task)
    yield from (f"rows of {split}, but there is no such split" for split in task.rows if split not in task.splits)
    for name in task.steps:
        if "train" not in subject.registry.task(name).splits:
            yield f"train_from {name}, which has no train split"


def data(subject: Subject) -> Problems:
    """All splits in all languages are there that runs could read."""
    missing = subject.inventory.missing
    if all(isinstance(source, Files) and source.package for source in subject.record.sources):
        yield from folded(missing)
    elif missing:
        raise NotCheckedError(_absent(subject))


def columns(subject: Subject) -> Problems:
    """Every split has the columns that the record names, and every row fits the kind."""
    for place in _places(subject):
        try:
            subject.examples(place)
        except XhError as error:
            yield str(error)


def labels(subject: Subject) -> Problems:
    """The labels are those that the data's files declare, in their order, and each one occurs."""
    if not subject.record.labels:
        raise InapplicableError("its record has no labels")
    for place in _places(subject):
        try:
            check_classes(subject.task, DataSplit(subject.task.name, *place), subject.locations)
        except MissingError as error:
            yield f"{_where(place)}: {error}"
        if place[0] == "train":
            yield from _unused(subject, place)


def features(subject: Subject) -> Problems:
    """What the model reads decodes to the texts of the data; words have their labels on their first token."""
    if not facts(subject.task.kind).trained:
        raise InapplicableError("its kind is not trained")
    _not_running_text(subject)
    for place in _places(subject):
        examples = subject.some(place)
        inputs = subject.features(examples, train=gold.is_there(examples))
        yield from _shown(place, texts.strange(inputs, examples, tokenizer(), subject.recipe.max_length))
        if {"tokens", "tags"} <= examples.columns.keys() and "labels" in inputs.columns:
            yield from _shown(place, texts.misplaced(inputs, examples, subject.task.labels, tokenizer()))


def gold_scores(subject: Subject) -> Problems:
    """Right outputs, decoded and scored by the kind, give 100."""
    for place in _scored(subject):
        examples, found = gold.predictions(subject, place)
        found, wrong = gold.exact(found, examples, subject)
        yield from _shown(place, iter(wrong))
        metric, value = next(iter(_scores(subject, found, examples).items()))
        if abs(value - 100) > 1e-6 and not wrong:
            yield f"{_where(place)}: gold predictions score {value:.2f} {metric} instead of 100"
            yield from _shown(place, gold.differences(found, examples, subject))


def overlap(subject: Subject) -> Problems:
    """No row is in two splits; as many as ``shared`` says may be."""
    _not_running_text(subject)
    splits = {place[0]: place for place in _places(subject) if place[1] == _places(subject)[0][1]}
    trains = _training_keys(subject)
    keys = trains | {split: _keys(subject.examples(place)) for split, place in splits.items()}
    pairs = [(one, other) for one in ("train", "dev") for other in ("dev", "test") if one != other]
    pairs = [pair for pair in pairs if set(pair) <= keys.keys()]
    if not pairs:
        if len(subject.record.splits) == 1 and not subject.record.train_from:
            raise InapplicableError("it has one split only")
        raise NotCheckedError("only one of its splits is there")
    for one, other in pairs:
        known = set(keys[one])
        both = [number for number, key in enumerate(keys[other]) if key in known]
        if len(both) > subject.shared:
            example = " | ".join(keys[other][both[0]])[:100]
            yield (
                f"{other}: {len(both)} of {len(keys[other])} rows are in {one} too"
                f" ({subject.shared} are allowed), the first is row {both[0]}: {example!r}"
            )


def pool(subject: Subject) -> Problems:
    """Candidates have ids of their own, over all languages, and every query is answered by one of them."""
    if not subject.record.pool:
        raise InapplicableError("it has no candidates")
    places = [place for place in _places(subject) if place[0] == CANDIDATES]
    if not places:
        raise NotCheckedError("no data: its candidates are not there")
    ids = [key for place in places for key in subject.examples(place)["id"]]
    if len(ids) > len(set(ids)):
        yield f"{len(ids) - len(set(ids)):,} of {len(ids):,} candidates have an id that another one has"
    answered = {key for place in places for keys in subject.examples(place)["match"] for key in keys}
    for place in (place for place in _places(subject) if place[0] == "test"):
        open_rows = (row for row, keys in enumerate(subject.examples(place)["match"]) if not answered & {*keys})
        yield from _shown(place, (f"row {row}: none of the candidates answers it" for row in open_rows))


def files(subject: Subject) -> Problems:
    """Predictions that are written and read again score the same."""
    for place in _scored(subject):
        examples, found = gold.other_predictions(subject, place)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"test-{place[1]}{subject.kind.suffix}"
            subject.kind.write(found, path)
            again = subject.kind.read(path)
        before, after = (_scores(subject, each, examples) for each in (found, again))
        for metric, value in before.items():
            if abs(after[metric] - value) > 0.01:
                yield f"{_where(place)}: {metric} is {value:.2f}, {after[metric]:.2f} when its file is read again"


def learns(subject: Subject) -> Problems:
    """A few steps on a few rows give finite, falling losses, and predictions that can be scored."""
    if not facts(subject.task.kind).trained:
        raise InapplicableError("its kind is not trained")
    if "train" not in subject.record.splits:
        raise InapplicableError(f"it is trained on {', then '.join(subject.record.steps)}")
    place = next((place for place in _places(subject) if place[0] == "train"), None)
    if place is None:
        raise NotCheckedError("no data: its train split is not there")
    yield from learning.faults(subject, place)


CHECKS: dict[str, Callable[[Subject], Problems]] = {
    "record": record,
    "data": data,
    "columns": columns,
    "labels": labels,
    "features": features,
    "gold": gold_scores,
    "overlap": overlap,
    "pool": pool,
    "files": files,
    "learns": learns,
}


def _places(subject: Subject) -> list[Place]:
    if not subject.places:
        raise NotCheckedError(_absent(subject))
    return subject.places


def _absent(subject: Subject) -> str:
    """Which splits and languages are not there, and why the first of them is not."""
    langs: dict[str, list[str]] = {}
    for need in subject.inventory.missing:
        langs.setdefault(need.split, []).append(need.lang)
    listed = "; ".join(f"{split} {', '.join(found)}" for split, found in langs.items())
    why = next(iter(subject.inventory.missing.values()), ("it has no splits",))[0]
    return f"no data of {listed}: {why}"


def _not_running_text(subject: Subject) -> None:
    if not subject.predicts:
        raise InapplicableError("its kind learns running text and predicts nothing")


def _scored(subject: Subject) -> list[Place]:
    """The places with predictions that can be made up."""
    _not_running_text(subject)
    predicted = [place for place in _places(subject) if place[0] != CANDIDATES]
    return [place for place in predicted if gold.is_there(subject.examples(place))]


def _where(place: Place) -> str:
    return f"{place[0]} {place[1]}"


def _shown(place: Place, problems: Problems) -> Problems:
    yield from (f"{_where(place)}, {problem}" for problem in islice(problems, SHOWN))


def _scores(subject: Subject, found: Any, examples: Examples) -> dict[str, float]:
    return scores(subject.kind, found, examples, subject.task)


def _names(task: TaskSpec, source: Source) -> Problems:
    """Placeholders that nobody fills in, and codes of other languages."""
    if not isinstance(source, Hub):
        return
    fields = {field for _, field, _, _ in string.Formatter().parse(source.config or "") if field}
    yield from (f"config has {{{field}}}, only {{lang}} is filled in" for field in sorted(fields - {"lang"}))
    for lang in source.codes:
        if lang not in task.languages:
            yield f"codes has {lang!r}, which is not one of its languages"


def _unused(subject: Subject, place: Place) -> Problems:
    """Labels that do not occur among so many that they should."""
    examples = subject.examples(place)
    column = facts(subject.task.kind).label_column
    if column not in examples.columns:
        return
    rows = examples[column]
    found = [label for row in rows for label in (row if isinstance(row, list) else [row])]
    names = subject.task.labels
    unused = [f"{number} {name}" for number, name in enumerate(names) if number not in set(found)]
    if unused and len(found) > ENOUGH * len(names):
        yield f"{_where(place)}: among {len(found):,} labels there is no {', '.join(unused[:SHOWN])}"


def _training_keys(subject: Subject) -> dict[str, list[tuple[str, ...]]]:
    """The rows that a target without a train split of its own is trained on, where they are there."""
    task = subject.record
    if "train" in task.splits:
        return {}
    sources = [Subject(subject.registry.task(name), subject.locations, subject.registry) for name in task.steps]
    places = ((source, next((place for place in source.places if place[0] == "train"), None)) for source in sources)
    keys = [key for source, place in places if place for key in _keys(source.examples(place))]
    return {"train": keys} if keys else {}


def _keys(examples: Examples) -> list[tuple[str, ...]]:
    """What each row gives a model to read."""
    return [tuple(text for values in texts.texts(row).values() for text in values) for row in examples.rows()]
