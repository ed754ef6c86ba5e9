"""CCG supertagging: the lexical category of each word (CCGbank, Hockenmaier and Steedman 2007).

CCGbank is licensed (LDC2005T13), so the data are the user's own: of ``--data DIR`` the folder ``DIR/local/ccg`` holds
``train.*`` and ``validation.*``, each one file or several (``train.02.auto``, ``train.03.auto``), in any of the formats
that :func:`read` knows. The categories found there are the labels.
"""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from xh.api import Files, MissingError, TaskSpec, hookimpl

LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")
Sentence = tuple[list[str], list[str]]


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="ccg",
            title="CCG supertagging",
            kind="tag",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Files(
                paths=("local/ccg/**/{split}[.-]*",),
                splits={"train": "train", "dev": "validation"},
                reader="xh_tasks.ccg:read",
                hint=(
                    "CCGbank is licensed (LDC2005T13) and not on the Hub: put your train.* and validation.* "
                    "(AUTO, columns, word|POS|category, tab files, JSON Lines or parquet) into DIR/local/ccg "
                    "and use --data DIR"
                ),
            ),
            columns={"tags": "supertags"},
            metric="accuracy",
            licence="LDC2005T13, for holders of that licence only",
            citation="Hockenmaier and Steedman 2007, Computational Linguistics 33(3)",
        )
    ]


def read(paths: list[Path]) -> list[dict[str, Any]]:
    """Sentences with the columns ``tokens`` and ``supertags``, from files of these formats.

    * JSON Lines or parquet with these columns
    * CCGbank's own AUTO files, a derivation per line: ``(<T S[dcl] 0 2> (<L NP NNP NNP Vinken NP>) …)``
    * a sentence per line: ``Vinken|NNP|N …``, words and categories first and last
    * a sentence per line: its words, a tab, its categories (jiant)
    * a word per line: ``Vinken NNP N``, first and last, blank lines between sentences
    """
    return [row for path in paths for row in _rows(path)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow.parquet import read_table

        with path.open("rb") as file:
            yield from read_table(file).to_pylist()
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".jsonl":
        yield from (json.loads(line) for line in lines if line.strip())
        return
    for number, (words, categories) in _sentences(lines):
        if len(words) != len(categories) or not words:
            problem = f"{len(words)} words and {len(categories)} categories"
            raise MissingError(f"{path}, line {number}: {problem}.", todo="Correct or remove that sentence.")
        yield {"tokens": words, "supertags": categories}


def _sentences(lines: list[str]) -> Iterator[tuple[int, Sentence]]:
    """Each sentence with the number of its first line, in the format that the lines seem to have."""
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    full = [(number, line) for number, line in numbered if line]
    first = full[0][1] if full else ""
    gaps = bool(full) and full[-1][0] - full[0][0] >= len(full)
    if first.startswith(("ID=", "(<")):
        return ((number, _leaves(line)) for number, line in full if line.startswith("("))
    if first and all(item.count("|") >= 2 for item in first.split()):
        return ((number, _bars(line)) for number, line in full)
    if gaps or any(line.count("\t") != 1 for _, line in full):
        return _columns(numbered)
    return ((number, _halves(line)) for number, line in full)


def _leaves(line: str) -> Sentence:
    found = LEAF.findall(line)
    return [word for _, word in found], [category for category, _ in found]


def _bars(line: str) -> Sentence:
    parts = [item.rsplit("|", 2) for item in line.split()]
    return [part[0] for part in parts], [part[-1] for part in parts if len(part) == 3]


def _halves(line: str) -> Sentence:
    words, _, categories = line.partition("\t")
    return words.split(), categories.split()


def _columns(lines: list[tuple[int, str]]) -> Iterator[tuple[int, Sentence]]:
    for blank, group in groupby(lines, lambda line: not line[1]):
        if not blank:
            rows = [(number, line.split()) for number, line in group]
            yield rows[0][0], ([row[0] for _, row in rows], [row[-1] for _, row in rows if len(row) > 1])
