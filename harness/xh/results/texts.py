"""Words in reports: long lists are shortened, and names can't control a terminal or a page."""

import unicodedata
from collections.abc import Collection
from itertools import islice

FEW = 3
"""Words of a long list that are named."""

MOST = 12
"""Words of a list that are all named in a file."""

BLANK = {"\n": " ", "\r": " ", "\t": " ", "\u2028": " ", "\u2029": " "}


def listed(words: Collection[str], most: int = MOST) -> str:
    """``de, fr, ru and 33 more``: all words where they are few."""
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(islice(words, FEW))} and {len(words) - FEW} more"


def plain(text: str) -> str:
    """A text on one line, without escape sequences, marks of writing direction and other control characters."""
    return "".join(BLANK.get(each) or each for each in text if each in BLANK or unicodedata.category(each)[0] != "C")


def short(text: str, most: int) -> str:
    """A text of so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
