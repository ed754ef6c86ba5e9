"""Cases from the templates of MultiCheckList: for each, all pairs of its contexts and questions.

A template, and each word that may fill it, has one or several forms in a language; behind a form stand the English
words with which it is used, or nothing where it goes with all. What is drawn is the same in all languages.
Source: google-research/xtreme, multichecklist/generate_tests.py and generate_test_utils.py.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from xh.api import MissingError

TESTS = {
    "comparisons": "A is COMP than B. Who is more / less COMP?",
    "intensifiers": "Intensifiers (very, super, extremely) and reducers (somewhat, kinda, etc)?",
    "properties": "size, shape, age, color",
    "professions": "Profession vs nationality",
    "animals": "Animal vs Vehicle",
    "animals_v2": "Animal vs Vehicle v2",
}
FILLED = {
    "comparisons": ("adj",),
    "intensifiers": ("state", "very", "somewhat"),
    "professions": ("profession", "nationality"),
    "animals": ("animal", "vehicle"),
    "animals_v2": ("animal", "vehicle"),
}
MEN = "Adam Alan Carl Daniel David Eric Frank George Henry Ivan James John Leo Mark Martin Paul Peter Robert Simon Tim"
WOMEN = "Alice Anna Clara Diana Emma Eva Helen Ida Jane Julia Laura Lisa Maria Nina Olga Rosa Sarah Sofia Tina Vera"
MARKED = ("comparisons", "intensifiers", "professions")
"""Tests with words that go with a man's name."""
CASES, TRIES = 200, 1000
SLOT = re.compile(r"\{(?:\w:)?([\w.]+)(?:\[(\d)\])?\}")
COMMA = re.compile(r"\s*[,،，、၊]\s*")


class Row(NamedTuple):
    """A template or a word: by language its forms, each with what it is used with."""

    field: str
    forms: Mapping[str, Sequence[tuple[str, str]]]

    @property
    def english(self) -> str:
        """Its only form in English."""
        return self.forms["en"][0][0]

    @property
    def keys(self) -> set[str]:
        """The English words by which forms of others name it."""
        return {part.split()[-1] for part in self.english.split(", ")}


Words = Mapping[str, Row]
"""What a case fills templates with, by the slots' names."""


def holds(paths: list[Path], lang: str) -> bool:
    """Whether there are templates in a language."""
    with paths[0].open(encoding="utf-8") as file:
        return lang in file.readline().rstrip("\n").split("\t")


def read(paths: list[Path], lang: str) -> list[dict[str, Any]]:
    """All examples of all tests in a language, a row each, with the test and the number of its case."""
    blocks = _blocks(paths[0])
    return [
        {"id": f"{test}-{number}-{place}", "test": test, "case": number} | example
        for test in TESTS
        for number, case in enumerate(_cases(test, blocks, lang))
        for place, example in enumerate(case)
    ]


def _blocks(path: Path) -> dict[str, list[Row]]:
    """The rows of each test, by its full name."""
    head, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").split("\n"))
    blocks: dict[str, list[Row]] = {}
    for field, *cells in lines:
        if field == "Name":
            blocks[cells[0]] = []
        elif field.strip() and field != "Capability" and blocks:
            forms: dict[str, list[tuple[str, str]]] = {}
            cells += [""] * (len(head) - len(cells))
            for name, text, used_with in zip(head[1:], cells, cells[1:], strict=False):
                if not name.endswith("-placeholders"):
                    varied = f"{name}-placeholders" in head
                    forms.setdefault(name, []).append((text.strip(), used_with if varied else ""))
            list(blocks.values())[-1].append(Row(field, forms))
    if lacking := [name for name in TESTS.values() if name not in blocks]:
        raise MissingError(f"{path} has no templates of {lacking[0]!r}.", todo="Take the file of the authors, whole.")
    return blocks


def _cases(test: str, blocks: Mapping[str, Sequence[Row]], lang: str) -> Iterator[list[dict[str, Any]]]:
    """As many cases as the authors draw, or fewer; those that a language has no words for are left out."""
    drawn = random.Random(f"42 {test}")
    own = blocks[TESTS[test]]
    words = blocks[TESTS["animals"]] if test == "animals_v2" else own
    contexts, questions, answers = (_of(own, field) for field in ("Context", "Question", "Answer"))
    asked = [(c, *pair) for c in contexts for pair in zip(questions, answers, strict=True)]

    def case() -> list[dict[str, Any] | None]:
        chosen = _properties(words, drawn) if test == "properties" else _chosen(words, FILLED[test], drawn)
        names = drawn.sample(MEN.split() if test in MARKED else [*MEN.split(), *WOMEN.split()], 3)
        return [_example(*each, chosen, names, lang) for each in asked]

    tried = (case() for _ in range(TRIES))
    yield from islice(([each for each in found if each] for found in tried if all(found)), CASES)


def _of(rows: Sequence[Row], field: str) -> list[Row]:
    return [row for row in rows if row.field == field and row.english]


def _chosen(rows: Sequence[Row], fields: Sequence[str], drawn: random.Random) -> dict[str, Row]:
    return {("s" if field == "state" else field): drawn.choice(_of(rows, field)) for field in fields}


def _properties(rows: Sequence[Row], drawn: random.Random) -> dict[str, Row]:
    """A thing, and two of its properties with a value each."""
    found = _chosen(rows, ("obj",), drawn)
    for number, row in enumerate(drawn.sample(_of(rows, "property"), 2), 1):
        found |= {f"p.p{number}": row, f"p.v{number}": drawn.choice(_of(rows, row.english))}
    return found


def _example(
    context: Row, question: Row, answer: Row, words: Words, names: Sequence[str], lang: str
) -> dict[str, Any] | None:
    """One question; None where a form is missing. Some answers are not in their context, as at the source."""
    told, asked, right = (_filled(row, words, names, lang, context.english) for row in (context, question, answer))
    if not told or not asked or not right:
        return None
    start = [told.index(right)] if right in told else None
    return {"context": told, "question": asked, "answers": {"text": [right], "answer_start": start}}


def _filled(row: Row, words: Words, names: Sequence[str], lang: str, context: str) -> str:
    """A template with its slots filled; empty where a form is missing."""
    own = [name for name, _ in SLOT.findall(row.english) if name in words]
    form = _form(row, lang, [words[name].keys for name in dict.fromkeys([*own, *words])])
    keys = [each.keys for each in words.values()]
    values: list[str] = []

    def fill(slot: re.Match[str]) -> str:
        name, place = slot[1], int(slot[2] or 0)
        if name.startswith("first_name"):
            values.append(names[int(name.removeprefix("first_name") or 0)])
        else:
            whole = _form(words[name], lang, keys, context) if name in words else ""
            parts = COMMA.split(whole) if slot[2] else [whole]
            parts = whole.split() if slot[2] and len(parts) == 1 else parts
            part = parts[place] if place < len(parts) else ""
            begins = name == "obj" and form[: slot.start()].endswith(". ")
            values.append(part[:1].upper() + part[1:] if begins else part)
        return values[-1]

    text = SLOT.sub(fill, form)
    return text if all(values) else ""


def _form(row: Row, lang: str, keys: Sequence[set[str]], context: str = "") -> str:
    """The form that is used with most of these English words, the first of them above all; else one for all."""
    best, found = -1, ""
    for text, used_with in row.forms.get(lang, ()):
        known = _words(used_with)
        fit = sum(bool(named & known) << (len(keys) - place) for place, named in enumerate(keys))
        fit += bool(context) and context in used_with
        if text and fit > best and (fit or not used_with):
            best, found = fit, text
    return found


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))
