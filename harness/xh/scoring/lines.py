"""Files with one prediction a line: labels, choices, pairs of ids."""

import json
from collections.abc import Iterator, Sequence

from xh.metrics.accuracy import accuracy, read_choice
from xh.metrics.bucc import read_pairs
from xh.metrics.lines import read_lines
from xh.metrics.overlap import overlap
from xh.scoring.faults import Entry, Fault, Reading

Scores = dict[str, float]


def read_labels(text: str, entry: Entry) -> Reading:
    """The stripped lines."""
    lines = [line.strip() for line in read_lines(text)]
    return Reading(lines, [*_empty(lines), *_line_faults(lines, entry)])


def read_id_pairs(text: str, entry: Entry) -> Reading:
    """The set of pairs; a file without any is fine."""
    lines = [line.strip() for line in read_lines(text)]
    return Reading(read_pairs(text), list(_line_faults(lines, entry)))


def read_choices(text: str, entry: Entry) -> Reading:
    """The values of the field ``label`` of each line's JSON object; None where there is none."""
    values: list[object] = []
    faults: list[Fault] = []
    for number, line in enumerate(read_lines(text), start=1):
        value, found = _choice(line, number, entry)
        values.append(value)
        faults.extend(found)
    return Reading(values, [*_empty(values), *faults])


def same_count(predictions: Sequence[object], labels: Sequence[object]) -> Iterator[Fault]:
    """A fault if there are more or fewer lines than labels."""
    if len(predictions) != len(labels):
        yield Fault(f"has {len(predictions):,} lines, its labels have {len(labels):,}")


def nothing_to_compare(predictions: object, labels: object) -> Iterator[Fault]:
    """No fault: any pairs may be predicted."""
    return iter(())


def score_accuracy(predictions: Sequence[object], labels: Sequence[object], lang: str) -> Scores:
    """Accuracy in percent."""
    return {"accuracy": accuracy(predictions, labels)}


def score_pairs(predictions: set[tuple[str, ...]], labels: set[tuple[str, ...]], lang: str) -> Scores:
    """F1, precision and recall in percent."""
    return overlap(predictions, labels)._asdict()


def _empty(lines: Sequence[object]) -> Iterator[Fault]:
    if not lines:
        yield Fault("is empty")


def _line_faults(lines: Sequence[str], entry: Entry) -> Iterator[Fault]:
    for number, line in enumerate(lines, start=1):
        if line:
            yield from entry.fault(line, number)
        else:
            yield Fault("is blank", number)


def _choice(line: str, number: int, entry: Entry) -> tuple[object, list[Fault]]:
    if not line.strip():
        return None, [Fault("is blank", number)]
    try:
        value = read_choice(line, number)
    except ValueError as error:
        return None, [Fault(str(error).partition(": ")[2], number)]
    return value, list(entry.fault(json.dumps(int(value) if isinstance(value, bool) else value), number))
