"""Bilingual dictionaries: files ``<source>-<target>.txt`` in a folder, as MUSE or FreeDict has them.

MUSE (Conneau et al. 2017, arXiv 1710.04087): a line for each pair, ``word translation``. FreeDict, as dictd prints it:
a headword with its pronunciation between slashes, and below it lines of translations, with notes in brackets.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from xh.api import SAMPLE, MissingError

OWN = SAMPLE / "words"
"""The small dictionary that comes with xh."""
HEADWORD = re.compile(r"(\S.*?) /[^/]*/")
NOTE = re.compile(r"\[[^]]*\]|<[^>]*>|\([^)]*\)|\{[^}]*\}|^\s*\d+\.|\"[^\"]*\"")

Dictionary = dict[str, list[str]]
"""Translations by the word in lower case, in the order of the file."""


def dictionaries(folder: str, source: str) -> dict[str, Dictionary]:
    """The dictionaries of a source language by target language; ``folder`` "" is the one that comes with xh.

    Raises :class:`MissingError` where there is none, and for a file without a pair.
    """
    where = Path(folder) if folder else OWN
    found = {
        path.stem.removeprefix(f"{source}-"): path for path in sorted(where.glob(f"{source}-*.txt")) if path.is_file()
    }
    if not found:
        todo = f"Put files {source}-de.txt, … there, a line for each pair: word translation."
        raise MissingError(f"{where} has no dictionary {source}-<language>.txt.", todo=todo)
    return {lang: read(path) for lang, path in found.items()}


def read(path: Path) -> Dictionary:
    """One file; raises :class:`MissingError` where it has no pairs, or is no text."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise MissingError(f"{path} is not UTF-8.", why=str(error), todo="Save it as text in UTF-8.") from error
    is_freedict = any(HEADWORD.match(line) for line in lines)
    pairs = dict.fromkeys(_freedict(lines) if is_freedict else _muse(lines))
    found: Dictionary = {}
    for word, translation in pairs:
        found.setdefault(word, []).append(translation)
    if not found:
        raise MissingError(f"{path} has no pairs of words.", todo="It needs lines such as: house Haus")
    return found


def _muse(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        parts = line.split("\t") if "\t" in line else line.split()
        if len(parts) == 2:
            yield parts[0].strip().lower(), parts[1].strip()


def _freedict(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of single words, which are what is looked up; notes, examples and references are left out."""
    word = ""
    for line in lines:
        if head := HEADWORD.match(line):
            word = head[1].lower()
        elif word and ":" not in line:
            for translation in re.split("[,;]", NOTE.sub("", line)):
                if translation.strip() and " " not in translation.strip():
                    yield word, translation.strip()
