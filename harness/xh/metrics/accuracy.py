"""Accuracy over whole lines: XNLI, PAWS-X and Tatoeba."""

from collections.abc import Sequence


def accuracy(predictions: Sequence[str], golds: Sequence[str]) -> float:
    """Return the percentage of positions at which both strings are the same, white space around them aside.

    Strings are compared as they are: `Neutral` is not `neutral`, `03` is not `3`, and a second column breaks a match.

    Raises ValueError if the lengths differ or there is nothing to score.
    Source: XTREME `evaluate.py`, `accuracy`.
    """
    if len(predictions) != len(golds):
        raise ValueError(f"accuracy needs one prediction per gold label: got {len(predictions)} for {len(golds)}")
    if not golds:
        raise ValueError("accuracy of no examples is undefined: predictions and gold labels are empty")
    right = sum(guess.strip() == gold.strip() for guess, gold in zip(predictions, golds, strict=True))
    return 100.0 * right / len(golds)
