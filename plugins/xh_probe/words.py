"""Pairs of words from a bilingual dictionary."""

from pathlib import Path

from xh_methods.dictionary import read as dictionary


def read(paths: list[Path]) -> list[dict[str, str]]:
    """Each English word with its first translation that no word before it has: a wrong pair is never a right one."""
    taken: set[str] = set()
    rows: list[dict[str, str]] = []
    for word, translations in dictionary(paths[0]).items():
        if found := next((each for each in translations if each not in taken), None):
            taken.add(found)
            rows.append({"source": found, "target": word})
    return rows
