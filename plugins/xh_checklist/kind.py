"""The kind ``checklist``: questions in cases, each of which passes only if all its answers are right.

Source: google-research/xtreme, multichecklist/test_models.py and generate_test_utils.py; Ribeiro et al. 2020.
"""

import re
from collections.abc import Mapping
from typing import Any

from xh.api import Columns, Examples, Span, TaskSpec, bad_row
from xh_checklist.templates import TESTS

WORDS = {
    "af": "’n", "de": "ein eine einen", "el": "Ο ένα μια", "en": "a an the in at",
    "es": "un una unos unas el la los las", "eu": "bat", "fa": "یک", "fr": "un une le la en", "hu": "egy",
    "it": "un una", "nl": "een", "pt": "um uma", "tl": "Si", "tr": "bir", "vi": "một", "wo": "dafa", "yo": "kan",
}  # fmt: skip
"""Articles, and what else may precede an answer, as words of their own."""
BEGINNINGS = {
    "bn": "একটি একজন", "hi": "एक", "ml": "ഒരു", "mr": "एक", "my": "တစ်ဦး", "pa": "ਇੱਕ ਇਕ", "ta": "ஒரு",
}  # fmt: skip
"""Those that another word may follow without a blank."""
MARKS = {"bn": "৷", "hi": "৷", "pa": "।", "pl": "„”", "ur": "\u200f"}

Case = tuple[str, int]


class Checklist(Span):
    """Trained and read like ``span``; ``passed`` is the share of cases, and each test has its failure rate."""

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """As of ``span``; tests by their short names."""
        for number, test in enumerate(columns.get("test", ())):
            if test not in TESTS:
                raise bad_row(where, number, f"its test {test!r} is none of {', '.join(TESTS)}.")
        return super().check(columns, task, where)

    def limit(self, examples: Examples, rows: int) -> Examples:
        """At most so many whole cases, of all tests in turn."""
        cases = sorted(_cases(examples), key=lambda case: (case[1], [*TESTS].index(case[0])))
        kept = {place for case in cases[:rows] for place in _cases(examples)[case]}
        return examples.chosen(sorted(kept))

    def size(self, examples: Examples) -> int:
        """Cases."""
        return len(_cases(examples))

    def count(self, examples: Examples) -> int:
        """Cases."""
        return len(_cases(examples))

    def score(self, predictions: Mapping[str, str], examples: Examples, task: TaskSpec) -> dict[str, float]:
        """The share of all cases that pass, and of each test's cases the share that fails, in percent."""
        counts = self.example_counts(predictions, examples, task)
        return {name: 100 * sum(one for one, _ in each) / len(each) for name, each in counts.items()}

    def example_counts(
        self, predictions: Mapping[str, str], examples: Examples, task: TaskSpec
    ) -> dict[str, list[tuple[float, float]]]:
        """One example is a case."""
        passed = {case: self._passes(rows, predictions, examples) for case, rows in _cases(examples).items()}
        by_test = {test: [right for case, right in passed.items() if case[0] == test] for test in TESTS}
        failed = {f"{test}_failed": [(1.0 - right, 1.0) for right in each] for test, each in by_test.items() if each}
        return {"passed": [(float(right), 1.0) for right in passed.values()]} | failed

    def shown(self, predictions: Any, examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """A case by its first example that is wrong, or its first one."""
        rows = [*_cases(examples).values()][number]
        wrong = (row for row in rows if not self._passes([row], predictions, examples))
        return super().shown(predictions, examples, task, next(wrong, rows[0]))

    def _passes(self, rows: list[int], predictions: Mapping[str, str], examples: Examples) -> bool:
        found = [(predictions.get(examples["id"][row]) or "", examples["answers"][row]["text"][0]) for row in rows]
        return all(bare(answer, examples.lang) == bare(right, examples.lang) for answer, right in found)


def bare(answer: str, lang: str) -> str:
    """An answer without its language's articles, and without blanks and marks at its ends."""
    if lang in WORDS:
        answer = re.sub(rf"\b({WORDS[lang].replace(' ', '|')})\b", " ", answer)
    elif lang in BEGINNINGS:
        answer = re.sub(rf"\b({BEGINNINGS[lang].replace(' ', '|')})", " ", answer)
    elif lang == "ar":
        answer = answer.replace("ال", " ")
    return answer.strip(",. " + MARKS.get(lang, ""))


def _cases(examples: Examples) -> dict[Case, list[int]]:
    """The rows of each case."""
    found: dict[Case, list[int]] = {}
    for row, case in enumerate(zip(examples["test"], examples["case"], strict=True)):
        found.setdefault(case, []).append(row)
    return found
