"""What a model reads, decoded, beside the texts of the data."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from xh.spec.examples import Examples, Features

INPUTS = (
    *("text_a", "text_b", "text", "choices", "question", "context", "tokens", "source", "target", "sentence"),
    *("query", "candidate", "negatives", "caption"),
)
"""The built-in kinds' columns of text. Of other kinds all columns of text count, except ``id``."""

OPTIONAL = ("negatives",)
"""Of these the inputs may hold a part."""

Row = Mapping[str, Any]


def texts(row: Row) -> dict[str, list[str]]:
    """The texts of a row by column."""
    named = [name for name in INPUTS if name in row] or [name for name in row if name != "id"]
    found = {name: row[name] if isinstance(row[name], list) else [row[name]] for name in named}
    return {name: values for name, values in found.items() if all(isinstance(text, str) for text in values)}


def plain(text: str) -> str:
    """A text without white space and what can't be seen, which tokenizers leave out."""
    shown = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter)[0] != "C")
    return re.sub(r"\s", "", "".join(shown))


def strange(features: Features, examples: Examples, tokenizer: Any, max_length: int) -> Iterator[str]:
    """In words: what the inputs hold that no text of their row has, and texts that uncut inputs do not hold."""
    owners = list(_owners(features, examples))
    for number, row in enumerate(examples.rows()):
        mine = [features[i]["input_ids"] for i, owner in enumerate(owners) if owner == number]
        inputs = [ids for one in mine for ids in (one if isinstance(one[0], list) else [one])]
        yield from (f"row {number}: {problem}" for problem in _compared(inputs, texts(row), tokenizer, max_length))


def _owners(features: Features, examples: Examples) -> Sequence[int]:
    """The row of each input."""
    if "example" in features.extra:
        return list(features.extra["example"])
    if "pieces" in features.extra:
        return [piece.sentence for piece in features.extra["pieces"]]
    if len(features) != len(examples):
        raise ValueError(f"{len(features)} inputs of {len(examples)} rows, and extra['example'] does not say whose")
    return range(len(examples))


def _compared(inputs: list[list[int]], wanted: dict[str, list[str]], tokenizer: Any, max_length: int) -> Iterator[str]:
    if any(tokenizer.unk_token_id in ids for ids in inputs):
        return
    whole = {name: [plain(text) for text in values] + [plain("".join(values))] for name, values in wanted.items()}
    read = [_segments(ids, tokenizer) for ids in inputs]
    for segment in (text for segments in read for text in segments):
        if not any(segment in text for values in whole.values() for text in values):
            yield f"the input has {segment[:60]!r}, which is in none of {', '.join(wanted)}"
            return
    if all(len(ids) < max_length for ids in inputs):
        distribute = "\n".join("\n".join(segments) for segments in read) + "\n" + "".join("".join(s) for s in read)
        for name, values in whole.items():
            if name in OPTIONAL:
                continue
            if lost := next((text for text in values[:-1] if text not in distribute), None):
                yield f"{name} {lost[:60]!r} is not in the input"


def _segments(ids: list[int], tokenizer: Any) -> list[str]:
    """The stretches between special tokens."""
    special = set(tokenizer.all_special_ids)
    return [
        plain(tokenizer.decode(list(part))) for is_special, part in groupby(ids, special.__contains__) if not is_special
    ]


def misplaced(features: Features, examples: Examples, labels: Sequence[str], tokenizer: Any) -> Iterator[str]:
    """In words: labels that do not sit on the first subword token of their word, or are not that word's."""
    words = [
        (row, place, word, tag)
        for row, (tokens, tags) in enumerate(zip(examples["tokens"], examples["tags"], strict=True))
        for place, (word, tag) in enumerate(zip(tokens, tags, strict=True))
    ]
    found = [each for i in range(len(features)) for each in _labelled(features[i], tokenizer)]
    if len(found) != len(words):
        yield f"{len(words)} words have {len(found)} labels"
    for (row, place, word, tag), (text, label) in zip(words, found, strict=False):
        if text is not None and text != plain(word):
            yield f"row {row}, word {place} {word!r}: its label {labels[label]} sits on {text!r}"
        elif label != tag:
            yield f"row {row}, word {place} {word!r}: its label is {labels[label]}, its tag {labels[tag]}"


def _labelled(row: dict[str, Any], tokenizer: Any) -> Iterator[tuple[str | None, int]]:
    """For each label the text of the subword tokens from it to the next one, None where that isn't known."""
    ids, special = row["input_ids"], set(tokenizer.all_special_ids)
    places = [place for place, label in enumerate(row["labels"]) if label >= 0]
    for start, end in zip(places, [*places[1:], len(ids)], strict=True):
        part = ids[start:end]
        known = tokenizer.unk_token_id not in part
        text = plain(tokenizer.decode([token for token in part if token not in special]))
        yield text if known else None, row["labels"][start]
