"""Code-switching: words of the training texts are replaced by translations, in several languages, anew in each epoch.

Source: CoSDA-ML, Qin et al. 2020 (arXiv 2006.06402), as the authors' code does it (github.com/kodenii/CoSDA-ML): a
``sentences`` share of the texts is chosen, of these a ``ratio`` of the words; each draws one of the languages, and then
one of its translations in that language, if it has any there. The authors' configurations have 1.0 for the first and,
by task, 0.4 to 0.9 for the second; they also lower-case the texts, which is not done here. Answers of extractive
question answering stay as they are, and a tagged word is replaced by one word.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from xh.api import Examples, Method, TrainJob
from xh_methods.dictionary import Dictionary, dictionaries

WORD = re.compile(r"\w+(?:['’-]\w+)*")
TEXTS = ("text_a", "text_b", "text", "question", "query", "candidate")
LISTS = ("choices", "negatives", "tokens")


class CodeSwitch(Method):
    """``dictionary``: a folder of files ``en-<language>.txt``; by default the small one that comes with xh."""

    words: Sequence[Dictionary] = ()

    def examples(self, examples: Examples, epoch: int, job: TrainJob) -> Examples:
        """The examples in other words: those in the first language of training, of which the dictionary is."""
        self.words = self.words or list(dictionaries(self.settings.dictionary, job.language).values())
        switch = Switch(self.words, self.settings.ratio, self.random(job, epoch))
        langs = examples.columns.get("lang", [job.language] * len(examples))
        rows = [
            switch.row(row) if lang == job.language and switch.chance.random() < self.settings.sentences else row
            for row, lang in zip(examples.rows(), langs, strict=True)
        ]
        return replace(examples, columns={name: [row[name] for row in rows] for name in examples.columns})


class Switch:
    """Replaces words at random: a share ``ratio`` of them, each by a translation in one of the languages."""

    def __init__(self, words: Sequence[Dictionary], ratio: float, chance: Random) -> None:
        self.words, self.ratio, self.chance = words, ratio, chance

    def word(self, word: str) -> str:
        """A translation of the word, or the word, if it is not to be replaced or the drawn language has none."""
        if self.chance.random() >= self.ratio:
            return word
        found = self.chance.choice(self.words).get(word.lower())
        return self.chance.choice(found) if found else word

    def text(self, text: str) -> str:
        """A text with some of its words replaced; all between them stays."""
        return WORD.sub(lambda word: self.word(word[0]), text)

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """An example of any of the built-in kinds."""
        texts = {name: self.text(row[name]) for name in TEXTS if name in row}
        lists = {name: self._list(name, row[name]) for name in LISTS if name in row}
        return row | texts | lists | (self._passage(row) if "answers" in row else {})

    def _list(self, name: str, texts: list[str]) -> list[str]:
        return list(map(self.word if name == "tokens" else self.text, texts))

    def _passage(self, row: dict[str, Any]) -> dict[str, Any]:
        """A context whose answers are as they were, and where they now begin."""
        text, answers = row["context"], row["answers"]
        made, read, starts = "", 0, {}
        for start, answer in sorted(zip(answers["answer_start"], answers["text"], strict=True)):
            made += self.text(text[read:start])
            read = max(read, start)
            starts[start] = len(made) - (read - start)
            made += text[read : start + len(answer)]
            read = max(read, start + len(answer))
        starts_now = [starts[start] for start in answers["answer_start"]]
        return {"context": made + self.text(text[read:]), "answers": {**answers, "answer_start": starts_now}}
