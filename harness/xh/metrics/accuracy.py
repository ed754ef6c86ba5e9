"""Accuracy: over whole lines for XNLI, PAWS-X and Tatoeba, over JSON values for XCOPA."""

import json
from collections.abc import Sequence

from xh.metrics.lines import read_lines


def accuracy(predictions: Sequence[object], golds: Sequence[object]) -> float:
    """Return the percentage of positions at which both values are equal, white space around strings aside.

    Values are compared as they are: `Neutral` is not `neutral`, `03` is not `3`, `1` is `True` but not `"1"`, and a
    second column breaks a match.

    Raises ValueError if the lengths differ or there is nothing to score.
    Source: XTREME `evaluate.py`, `accuracy`.
    """
    if not golds:
        raise ValueError("accuracy of no examples is undefined: predictions and gold labels are empty")
    return 100.0 * sum(matches(predictions, golds)) / len(golds)


def matches(predictions: Sequence[object], golds: Sequence[object]) -> list[bool]:
    """Return at which positions both values are equal, as `accuracy` counts them; ValueError if the lengths differ."""
    if len(predictions) != len(golds):
        raise ValueError(f"accuracy needs one prediction per gold label: got {len(predictions)} for {len(golds)}")
    return [
        _stripped(majority_baseline) == _stripped(gold)
        for majority_baseline, gold in zip(predictions, golds, strict=True)
    ]


def read_choices(text: str) -> list[object]:
    """Return the field `label` of every line's JSON object.

    Raises ValueError with the number of the first line that has none.
    Source: XTREME `evaluate.py`, `read_xcopa`.
    """
    return [read_choice(line, number) for number, line in enumerate(read_lines(text), start=1)]


def read_choice(line: str, number: int) -> object:
    """Return the field `label` of one line, as `read_choices` does; `number` is the line's, for the ValueError."""
    try:
        return json.loads(line)["label"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f'line {number}: {line[:60]!r} is not a JSON object with a field "label"') from None


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value
