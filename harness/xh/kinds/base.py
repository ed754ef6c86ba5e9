"""The duties of a kind: how rows become features, outputs become predictions, and predictions become scores."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xh.spec import MissingError, TaskSpec
from xh.spec.examples import Columns, Examples, Features
from xh.spec.kinds import KINDS, facts
from xh.spec.reference import resolve

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob

Predictions = Any
Scores = dict[str, float]
ExampleCount = tuple[float, float]
"""One example's part of a score: how much is right, and out of how much."""


class Kind(Protocol):
    """What the tasks of one kind share. Scores are percent; the first one is the kind's main metric."""

    suffix: str

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """The columns, cleaned; raises :class:`MissingError` that names the row that does not fit."""

    def limit(self, examples: Examples, rows: int) -> Examples:
        """At most ``rows`` of the examples, always the same ones, the fewer among the more."""

    def count(self, examples: Examples) -> int:
        """How many examples a score is over."""

    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Predictions]]:
        """Each language's predictions, as soon as they are there."""

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """The settings that every result row carries."""

    def pairs(
        self, predictions: Predictions, examples: Examples, task: TaskSpec
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """Predictions beside references, for a task's own metric."""

    def score(self, predictions: Predictions, examples: Examples, task: TaskSpec) -> Scores:
        """The kind's metrics."""

    def example_counts(
        self, predictions: Predictions, examples: Examples, task: TaskSpec
    ) -> dict[str, list[ExampleCount]]:
        """What each example adds to a metric, for those that are a share: 100 * sum of right / sum of out of."""

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> Predictions:
        """Predictions of somebody who knows what is frequent and reads nothing; their score is what chance gives."""

    def write(self, predictions: Predictions, path: Path) -> None:
        """Write predictions in XTREME's layout."""

    def read(self, path: Path) -> Predictions:
        """What :meth:`write` wrote."""


class Trained(Kind, Protocol):
    """A kind whose tasks are fine-tuned: ``head`` names a model class of transformers.

    ``per_token``: the head's outputs have one entry per subword token (and lose those of the padding).
    """

    head: str
    per_token: bool

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """Options of the model's config, such as label names."""

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Tokenised inputs; with labels when ``train``."""

    def decode(self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec) -> Any:
        """Predictions from the model's outputs, one per feature (a tuple of arrays without padding)."""


class Special(Trained, Protocol):
    """What a kind may have besides; ``continues``: it is trained on with the encoder's own head, if there is one."""

    continues: bool

    def size(self, examples: Examples) -> int:
        """How many examples a limit is a share of, where not all of them."""

    def prepare(self, model: Any) -> None:
        """Change how ``model`` works in training and at looks at the dev set, not its weights."""

    def collator(self, tokenizer: Any, recipe: Any, seed: int) -> Callable[[Sequence[Any]], dict[str, Any]]:
        """The function that makes a batch of features."""

    def evaluate_dev(self, model: Any, tokenizer: Any, features: Features, recipe: Any) -> Scores:
        """The dev scores, instead of :meth:`decode` and :meth:`score`."""


class Mixture:
    """Several tasks learnt together; each of them has its own kind."""


def label_options(task: TaskSpec) -> dict[str, Any]:
    """Options of a model's config: the label names, so that the saved model says what it predicts."""
    return {"id2label": dict(enumerate(task.labels)), "label2id": {name: i for i, name in enumerate(task.labels)}}


def kind_of(task: TaskSpec) -> Any:
    """The kind of a task, made ready."""
    return resolve(facts(task.kind).code)()


def canonical(columns: Columns, task: TaskSpec, where: str) -> Columns:
    """Rename the data's columns to the kind's; raises :class:`MissingError` for those that are not there.

    An optional column may be absent unless the task's record names it.
    """
    known = facts(task.kind)
    names = [*known.required, *known.optional] if task.kind in KINDS else [*task.columns]
    wanted = {name: task.columns.get(name, name) for name in names}
    needed = {name: theirs for name, theirs in wanted.items() if name in task.columns or name not in known.optional}
    absent = [theirs for theirs in needed.values() if theirs not in columns]
    if absent:
        raise MissingError(
            f"{where} has no column {', '.join(absent)}.",
            why=f"It has {', '.join(columns)}.",
            todo=f"Check that these are the data that task {task.name!r} names (xh show {task.name}).",
        )
    if task.kind not in KINDS and not wanted:
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
    return MissingError(f"{where}, row {number}: {problem}", todo=todo or "Correct or drop that row.")


def check_texts(columns: Columns, names: Sequence[str], task: TaskSpec, where: str) -> None:
    """Raise for the first entry that is no text in those of the columns that are there, by the data's names."""
    for name in names:
        for number, value in enumerate(columns.get(name, ())):
            if not isinstance(value, str):
                raise bad_row(where, number, f"{task.columns.get(name, name)} is {value!r}, not text.")


def write_lines(lines: Sequence[str], path: Path) -> None:
    """One prediction a line."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
