"""Files of one JSON object: answers by question id, ranked entities by mention id, and SQuAD's layout for labels."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from xh.metrics.mewslix import K, mean_reciprocal_rank
from xh.scoring.faults import Entry, Fault, Reading, shortened
from xh.spec.errors import UNPARSABLE

Golds = Mapping[str, Sequence[str]]
Scores = dict[str, float]


class _Answer(Struct):
    text: str


class _Question(Struct):
    id: str
    answers: list[_Answer]


class _Paragraph(Struct):
    qas: list[_Question]


class _Article(Struct):
    paragraphs: list[_Paragraph]


class _Squad(Struct):
    data: list[_Article]


def read_answers(text: str, entry: Entry) -> Reading:
    """Answers by question id."""
    reading = _read(text, dict[str, Any])
    wrong = [key for key, answer in (reading.value or {}).items() if not isinstance(answer, str)]
    return Reading(
        reading.value, reading.faults + [Fault(f"the answer to {shortened(key)} is not text") for key in wrong]
    )


def read_gold_answers(text: str, entry: Entry) -> Reading:
    """Gold answers by question id, from a file in SQuAD's layout."""
    reading = _read(text, _Squad)
    if reading.value is None:
        return reading
    paragraphs = [paragraph for article in reading.value.data for paragraph in article.paragraphs]
    questions = [question for paragraph in paragraphs for question in paragraph.qas]
    golds = {question.id: [answer.text for answer in question.answers] for question in questions}
    return Reading(golds, list(_gold_faults(golds, len(questions))))


def read_rankings(text: str, entry: Entry) -> Reading:
    """Entity ids, the best first, by mention id."""
    reading = _read(text, dict[str, list[str]])
    entities = dict.fromkeys(entity for ranked in (reading.value or {}).values() for entity in ranked[:K])
    return Reading(reading.value, reading.faults + [fault for entity in entities for fault in entry.fault(entity)])


def read_gold_entities(text: str, entry: Entry) -> Reading:
    """The entity id by mention id, from a file with a list of one for each."""
    reading = _read(text, dict[str, tuple[str]])
    if reading.value is None:
        return reading
    golds = {key: gold.strip() for key, (gold,) in reading.value.items()}
    faults = [fault for gold in golds.values() for fault in entry.fault(gold)]
    return Reading(golds, faults if golds else [Fault("has no mentions")])


def same_ids(predictions: Collection[str], labels: Collection[str]) -> Iterator[Fault]:
    """A fault if ids are not those of the labels, a remark if some are missing."""
    if unknown := [key for key in predictions if key not in labels]:
        yield Fault(f"{len(unknown):,} of {len(predictions):,} ids are not in its labels, e.g. {shortened(unknown[0])}")
    if missing := [key for key in labels if key not in predictions]:
        what = f"{len(missing):,} of {len(labels):,} ids are missing and score 0, e.g. {shortened(missing[0])}"
        yield Fault(what, fatal=False)


def score_rankings(predictions: Mapping[str, Sequence[str]], labels: Mapping[str, str], lang: str) -> Scores:
    """Mean reciprocal rank in percent, under the name that XTREME-R has for it."""
    return {"map@20": mean_reciprocal_rank(predictions, labels).reciprocal_rank}


def _read(text: str, kind: Any) -> Reading:
    """A JSON object as the records of ``kind``."""
    try:
        return Reading(msgspec.convert(json.loads(text, object_pairs_hook=_unique), kind), [])
    except json.JSONDecodeError as error:
        return Reading(None, [Fault(f"is not JSON: {error.msg} (column {error.colno})", error.lineno)])
    except UNPARSABLE as error:
        return Reading(None, [Fault(f"has the wrong structure: {error}")])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"{shortened(twice)} occurs twice in one object")
    return found


def _gold_faults(golds: Golds, questions: int) -> Iterator[Fault]:
    if not golds:
        yield Fault("has no questions")
    if len(golds) < questions:
        yield Fault(f"{questions - len(golds):,} of its {questions:,} questions have the id of another")
    yield from (Fault(f"question {shortened(key)} has no answer") for key, answers in golds.items() if not answers)
