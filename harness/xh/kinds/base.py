"""The duties of a kind: how rows become features, outputs become predictions, and predictions become scores."""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from xh.spec import MissingError, TaskSpec, UnavailableError
from xh.spec.examples import Columns, Examples
from xh.spec.kinds import facts
from xh.spec.reference import resolve

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob

Predictions = Any
Scores = dict[str, float]
"""Metrics in percent, the main one first."""
ExampleCount = tuple[float, float]
"""One example's part of a score: how much is right, and out of how much."""
Pairs = tuple[Sequence[Any], Sequence[Any]]
"""Predictions beside references, one of each for an example."""
Metric = Callable[[Any, Any], float]
"""A function of both sides of :data:`Pairs`, in percent."""


class Kind(ABC):
    """What the tasks of one kind share; made without arguments, inside a stage; it keeps nothing from call to call.

    Abstract methods are its duties; everything else has a default. Kinds that are fine-tuned are a
    :class:`~xh.kinds.supervised.TrainedKind`. ``predictions`` are whatever :meth:`predict` makes of one language's
    examples, as long as all other methods take them.
    """

    suffix: ClassVar[str] = ".jsonl"
    """The ending of its prediction files."""

    metrics: ClassVar[tuple[Metric, ...]] = ()
    """Its metrics, each under its function's name, the main one first, where they are functions of :meth:`pairs`."""

    # Rows

    def columns(self, rows: Any) -> Columns:
        """The data's columns by their own names, of loaded rows: a ``datasets.Dataset``, or a list of dicts.

        All as lists; a kind with large values may leave a column to be read entry by entry.
        """
        if isinstance(rows, list):
            return {name: [row.get(name) for row in rows] for name in rows[0]} if rows else {}
        return {name: list(column) for name, column in rows[:].items()}

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """The columns, by the kind's names, cleaned; raises :class:`MissingError` that names the row that does not fit.

        ``where`` says what is read, e.g. ``xnli test de``, for errors.
        """
        return columns

    def limit(self, examples: Examples, rows: int) -> Examples:
        """At most ``rows`` of the examples, always the same ones, the fewer among the more."""
        return sampled(examples, rows)

    def size(self, examples: Examples) -> int:
        """How many examples a limit such as 10% is a share of."""
        return len(examples)

    def count(self, examples: Examples) -> int:
        """How many examples a score is over."""
        return len(examples)

    def texts(self, examples: Examples) -> list[str]:
        """A text for each example, of which an encoder makes a vector, for measures of similarity (docs/similarity.md).

        By default those of its columns that are texts, in the kind's order, with a blank between them.
        """
        columns = [values for values in examples.columns.values() if all(isinstance(each, str) for each in values)]
        return [" ".join(row) for row in zip(*columns, strict=True)]

    def classes(self, examples: Examples) -> list[int] | None:
        """The class of each example, where it has exactly one."""
        return None

    # Evaluation

    def gather(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Mapping[str, Examples]:
        """The examples by language, with what of other splits their scores need; by default as they are."""
        return examples

    @abstractmethod
    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Predictions]]:
        """Each language and its predictions, as soon as they are there; ``examples`` are by language."""

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """The settings that every result row carries, as JSON can hold them."""
        return {}

    @abstractmethod
    def pairs(self, predictions: Predictions, examples: Examples, task: TaskSpec) -> Pairs:
        """Predictions beside references, for :attr:`metrics` and for a task's own metric."""

    def score(self, predictions: Predictions, examples: Examples, task: TaskSpec) -> Scores:
        """The kind's metrics in percent, the main one first."""
        return {metric.__name__: metric(*self.pairs(predictions, examples, task)) for metric in self.metrics}

    def example_counts(
        self, predictions: Predictions, examples: Examples, task: TaskSpec
    ) -> dict[str, list[ExampleCount]]:
        """What each example adds to a metric, for those that are a share: 100 * sum of right / sum of out of.

        Intervals come from these; for metrics without them, from rows that are drawn again.
        """
        return {}

    def shown(self, predictions: Predictions, examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """One example for people: its texts by name, then its ``gold`` and ``prediction``; empty if it can't be told.

        ``number`` counts as in :meth:`example_counts`. By default the columns and the :meth:`pairs`.
        """
        found, gold = self.pairs(predictions, examples, task)
        if not len(found) == len(gold) == len(examples):
            return {}
        texts = {name: str(column[number]) for name, column in examples.columns.items()}
        texts.pop(facts(task.kind).label_column, None)
        return texts | {"gold": str(gold[number]), "prediction": str(found[number])}

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> Predictions | None:
        """Predictions of somebody who knows what is frequent and reads nothing; their score is what chance gives.

        None where there is no such thing: then no score is marked as not above chance.
        """
        return None

    def write(self, predictions: Predictions, path: Path) -> None:
        """Write predictions, for a task of XTREME in its layout; by default a list of them as JSON, one a line."""
        write_lines([json.dumps(each, ensure_ascii=False) for each in predictions], path)

    def read(self, path: Path) -> Predictions:
        """What :meth:`write` wrote."""
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def nothing(*_: Any, **__: Any) -> NoReturn:
    """The method of a kind that is only learnt, for a duty of those that predict."""
    raise TypeError("This kind of task is for training only and predicts nothing.")


def kind_of(task: TaskSpec) -> Kind:
    """The kind of a task, made ready; raises :class:`~xh.spec.UnavailableError` where its class can't be one."""
    known = facts(task.kind)
    if not known.code:
        raise UnavailableError(
            f"The code of kind {task.kind!r} is not known.",
            why=f"No installed plugin registers a kind of this name; task {task.name!r} needs it.",
            todo="Install the plugin that has it; xh plugins shows the state of all.",
        )
    found = resolve(known.code)
    if not (isinstance(found, type) and issubclass(found, Kind)):
        raise UnavailableError(f"{known.code} is not a kind.", todo="Make it a subclass of xh.api.Kind or TrainedKind.")
    if lacking := sorted(found.__abstractmethods__):
        todo = "Write them; help(xh.api.Kind) and help(xh.api.TrainedKind) explain each one."
        raise UnavailableError(f"Kind {task.kind!r} ({known.code}) has no {', '.join(lacking)}.", todo=todo)
    return found()


def canonical(columns: Columns, task: TaskSpec, where: str) -> Columns:
    """Rename the data's columns to the kind's; raises :class:`MissingError` for those that are not there."""
    known = facts(task.kind)
    wanted = {name: task.columns.get(name, name) for name in known.columns or task.columns}
    absent = [theirs for theirs in known.needed(task.columns).values() if theirs not in columns]
    if absent:
        raise MissingError(
            f"{where} has no column {', '.join(absent)}.",
            why=f"It has {', '.join(columns)}.",
            todo=f"Check that these are the data of task {task.name!r} (xh show {task.name}).",
        )
    if not wanted:
        return columns
    return {ours: columns[theirs] for ours, theirs in wanted.items() if theirs in columns}


def merged(parts: Sequence[Examples]) -> Examples:
    """The examples of several languages as one, with each one's language in the column ``lang``."""
    if len(parts) == 1:
        return parts[0]
    columns: Columns = {name: [value for part in parts for value in part[name]] for name in parts[0].columns}
    columns["lang"] = [part.lang for part in parts for _ in range(len(part))]
    return Examples(columns, ", ".join(part.where for part in parts), parts[0].lang)


def sampled(examples: Examples, rows: int) -> Examples:
    """At most ``rows`` examples: drawn once with a fixed seed, so that fewer are among more; in their own order."""
    if rows >= len(examples):
        return examples
    kept = sorted(order(len(examples))[:rows])
    return examples.chosen(kept)


def order(count: int) -> list[int]:
    """A fixed random order of ``range(count)``."""
    from random import Random

    indices = list(range(count))
    Random(0).shuffle(indices)
    return indices


def commonest(values: Iterable[Any]) -> Any:
    """The most frequent value, of equally frequent ones the first."""
    return Counter(values).most_common(1)[0][0]


def bad_row(where: str, number: int, problem: str, todo: str = "") -> MissingError:
    """The error for a row that does not fit; ``number`` counts from 0."""
    return MissingError(f"{where}, row {number}: {problem}", todo=todo or "Correct or remove that row.")


def check_texts(columns: Columns, names: Sequence[str], task: TaskSpec, where: str) -> None:
    """Raise for the first entry that is no text in those of the columns that are there, by the data's names."""
    for name in names:
        for number, value in enumerate(columns.get(name, ())):
            if not isinstance(value, str):
                raise bad_row(where, number, f"{task.columns.get(name, name)} is {value!r}, not text.")


def write_lines(lines: Sequence[str], path: Path) -> None:
    """One prediction a line."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
