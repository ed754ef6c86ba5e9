"""How the files of a task are read, compared and scored, by the name of the format in benchmarks.toml."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from xh.metrics.questions import rules
from xh.results.benchmark import Task
from xh.scoring import documents, lines, sentences
from xh.scoring.faults import Entry, Fault, Reading
from xh.spec.kinds import facts

Read = Callable[[str, Entry], Reading]


class Format(NamedTuple):
    """A format's duties. ``compare`` and ``score`` get what the two readers return; scores are percent.

    The mean of the metrics ``counted`` is a task's score. ``compare`` says what keeps predictions from being scored
    against labels.
    """

    suffix: str
    counted: tuple[str, ...]
    read_predictions: Read
    read_labels: Read
    compare: Callable[[Any, Any], Iterable[Fault]]
    score: Callable[[Any, Any, str], dict[str, float]]


FORMATS = {
    "labels": Format(
        ".tsv", ("accuracy",), lines.read_labels, lines.read_labels, lines.same_count, lines.score_accuracy
    ),
    "choices": Format(
        ".jsonl", ("accuracy",), lines.read_choices, lines.read_choices, lines.same_count, lines.score_accuracy
    ),
    "pairs": Format(
        ".tsv", ("f1",), lines.read_id_pairs, lines.read_id_pairs, lines.nothing_to_compare, lines.score_pairs
    ),
    "tags": Format(
        ".tsv", ("f1",), sentences.read_tags, sentences.read_tags, sentences.same_shape, sentences.score_tags
    ),
    "answers": Format(
        ".json",
        facts("span").counted,
        documents.read_answers,
        documents.read_gold_answers,
        documents.same_ids,
        rules(""),
    ),
    "rankings": Format(
        ".json",
        ("map@20",),
        documents.read_rankings,
        documents.read_gold_entities,
        documents.same_ids,
        documents.score_rankings,
    ),
}


def format_of(task: Task) -> Format:
    """A task's format, with the rules that its metric names."""
    found = FORMATS[task.format]
    return found._replace(score=rules(task.metric)) if task.metric else found
