"""Model outputs made from the gold labels, so that a kind's own decoding turns them into predictions."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from xh.spec.examples import Examples
from xh.spec.kinds import facts
from xh.testing.subject import Place, Subject
from xh.testing.texts import plain

Outputs = list[tuple[Any, ...]]
Row = dict[str, Any]


def can_be_made(subject: Subject, examples: Examples) -> bool:
    """Whether the kind is trained, with labels in its features that tell the right outputs."""
    if not facts(subject.task.kind).trained:
        return False
    row = subject.features(subject.trained.limit(examples, 1), train=True)[0]
    return "labels" in row or {"start_positions", "end_positions"} <= row.keys()


def is_there(examples: Examples) -> bool:
    """Whether answers say where they are; those of test data need not."""
    answers = [each for each in examples.columns.get("answers", ()) if isinstance(each, dict)]
    return all(each.get("answer_start") is not None for each in answers)


def predictions(subject: Subject, place: Place) -> tuple[Examples, Any]:
    """Some examples, and what the kind makes of outputs that are right; where they can't be made, its references."""
    examples = subject.some(place)
    if not can_be_made(subject, examples):
        return examples, subject.kind.pairs([], examples, subject.task)[1]
    return examples, _decoded(subject, examples, lambda outputs: outputs)


def other_predictions(subject: Subject, place: Place) -> tuple[Examples, Any]:
    """Some examples, and predictions that are partly wrong, always the same ones."""
    examples, right = predictions(subject, place)
    if not can_be_made(subject, examples):
        half = len(right) // 2
        return examples, [right[0]] * half + list(right[half:])
    return examples, _decoded(subject, examples, _noisy)


def exact(found: Any, examples: Examples, subject: Subject) -> tuple[Any, list[str]]:
    """Predictions with answers cut to the gold ones inside them, and in words which have none inside.

    An answer that is read off subword tokens may begin or end inside one; it may not be a word longer.
    """
    if not isinstance(found, dict):
        return found, []
    golds = dict(zip(found, subject.kind.pairs(found, examples, subject.task)[1], strict=True))
    cut = {key: next((gold for gold in golds[key] if _inside(gold, answer)), answer) for key, answer in found.items()}
    wrong = [
        f"question {key}: gold positions decode to {answer!r}, the answer is {(golds[key] or [''])[0]!r}"
        for key, answer in found.items()
        if cut[key] not in (golds[key] or [""])
    ]
    return cut, wrong


def _inside(gold: str, answer: str) -> bool:
    before, found, after = answer.partition(gold.strip())
    same_words = bool(found) and not {" ", "\n", "\t"} & {*before, *after}
    return same_words or plain(gold) == plain(answer)


def _decoded(subject: Subject, examples: Examples, change: Callable[[Outputs], Outputs]) -> Any:
    """What the kind decodes from the labels of its own training features."""
    labelled = subject.features(examples, train=True)
    rows = [labelled[i] for i in range(len(labelled))]
    classes = _classes(subject, rows)
    outputs = [_right(row, classes) for row in rows]
    features = subject.features(examples, train=False)
    return subject.trained.decode(change(outputs), features, examples, subject.recipe, subject.task)


def _noisy(outputs: Outputs) -> Outputs:
    random = np.random.default_rng(0)
    return [tuple(values + random.normal(size=values.shape) for values in row) for row in outputs]


def _classes(subject: Subject, rows: Sequence[Row]) -> int:
    """How many classes an input or a subword token has; where the kind does not say, as many as occur."""
    options = subject.trained.head_options(subject.task)
    known = int(options.get("num_labels") or len(options.get("id2label", ())))
    return known or 1 + int(max((np.max(row["labels"]) for row in rows if "labels" in row), default=0))


def _right(row: Row, classes: int) -> tuple[Any, ...]:
    """What a head that is always right gives for an input with these labels: what they look like says which head."""
    if "start_positions" in row:
        return tuple(_one_hot(row[f"{end}_positions"], len(row["input_ids"])) for end in ("start", "end"))
    label = row["labels"]
    if isinstance(label, list):
        return (np.stack([_one_hot(each, classes) for each in label]),)
    if isinstance(row["input_ids"][0], list):
        return (_one_hot(label, len(row["input_ids"])),)
    return (np.array([label], dtype=float) if isinstance(label, float) or classes == 1 else _one_hot(label, classes),)


def _one_hot(label: int, classes: int) -> Any:
    values = np.zeros(classes)
    if label >= 0:
        values[label] = 1.0
    return values


def differences(found: Any, examples: Examples, subject: Subject) -> Iterator[str]:
    """Where predictions differ from their references, in words."""
    pairs = zip(*subject.kind.pairs(found, examples, subject.task), strict=False)
    for number, (guess, gold) in enumerate(pairs):
        if guess != gold and (not isinstance(gold, list) or guess not in gold):
            yield f"row {number}: {_first(guess, gold)}"


def _first(guess: Any, gold: Any) -> str:
    """The first word at which two lists differ; else both."""
    if isinstance(guess, list) and isinstance(gold, list):
        for number, (one, other) in enumerate(zip(guess, gold, strict=False)):
            if one != other:
                return f"word {number}: {one!r} instead of {other!r}"
        return f"{len(guess)} predictions instead of {len(gold)}"
    return f"{guess!r} instead of {gold!r}"
