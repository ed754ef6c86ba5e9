"""Span F1 of tagged sentences: PAN-X, and also UDPOS, whose score in XTREME is not token accuracy.

The rule is that of seqeval 0.0.12, behind the numbers of 2020 (1.x reads bare tags otherwise). A tag's first letter is
its prefix, and what follows its last hyphen its type: `B-PER` is (B, PER), the bare `NOUN` is (N, NOUN). So equal bare
tags side by side melt into one span, except those that start with S (`SYM`, `SCONJ`), which always stand alone.

Source: XTREME `evaluate.py` (`read_tag`, `f1`); seqeval 0.0.12 `metrics/sequence_labeling.py`, `get_entities`.
"""

from collections.abc import Sequence

from xh.metrics.lines import read_lines
from xh.metrics.overlap import OverlapScore, overlap

Span = tuple[str, int, int]
"""Type, first and last position, both included."""

Sentences = Sequence[Sequence[str]]
"""Tags by sentence."""

_Tag = tuple[str, str]
_OUTSIDE = ("O", ".")


def read_sentences(text: str) -> list[list[str]]:
    """Return the tags of a file with one tag a line and a blank line after each sentence; the last may be missing.

    Lines are stripped and taken whole. A blank line that ends no sentence is an empty sentence.
    """
    sentences: list[list[str]] = []
    tags: list[str] = []
    for line in read_lines(text):
        if tag := line.strip():
            tags.append(tag)
        else:
            sentences.append(tags)
            tags = []
    return [*sentences, tags] if tags else sentences


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the spans of one sentence's tags, read leniently: `I-` without a `B-`, or of another type, opens one."""
    found: list[Span] = []
    begin, previous = 0, ("O", "")
    for position, tag in enumerate([*tags, "O"]):
        current = (tag[0], tag.rpartition("-")[2])
        if _ends(previous, current):
            found.append((previous[1], begin, position - 1))
        if _starts(previous, current):
            begin = position
        previous = current
    return found


def span_f1(predictions: Sentences, golds: Sentences) -> OverlapScore:
    """Score the spans of all sentences together: one is right if type, first and last position are.

    Sentences are laid end to end with an `O` after each. Nothing checks that a sentence has as many tags on both sides;
    where it has not, all that follows is shifted.

    Raises ValueError if the numbers of sentences differ.
    """
    if len(predictions) != len(golds):
        raise ValueError(f"span F1 needs as many sentences: got {len(predictions)} for {len(golds)}")
    return overlap(set(spans(_joined(predictions))), set(spans(_joined(golds))))


def token_accuracy(predictions: Sentences, golds: Sentences) -> float:
    """Return the percentage of tokens that have the right tag (XTREME does not report it).

    Raises ValueError if the lengths differ or there is no token.
    """
    if list(map(len, predictions)) != list(map(len, golds)):
        raise ValueError("token accuracy needs one predicted tag per token of every sentence")
    pairs = [pair for lines in zip(predictions, golds, strict=True) for pair in zip(*lines, strict=True)]
    if not pairs:
        raise ValueError("token accuracy of no tokens is undefined")
    return 100.0 * sum(majority_baseline == gold for majority_baseline, gold in pairs) / len(pairs)


def _joined(sentences: Sentences) -> list[str]:
    return [tag for sentence in sentences for tag in (*sentence, "O")]


def _ends(previous: _Tag, current: _Tag) -> bool:
    """Whether a span ends before the current tag."""
    if previous[0] in "ES" or (previous[0] in "BI" and current[0] in "BSO"):
        return True
    return previous[0] not in _OUTSIDE and previous[1] != current[1]


def _starts(previous: _Tag, current: _Tag) -> bool:
    """Whether a span starts with the current tag."""
    if current[0] in "BS" or (previous[0] in "ESO" and current[0] in "EI"):
        return True
    return current[0] not in _OUTSIDE and previous[1] != current[1]
