"""Where the sentences of an English paragraph end, by rules for Wikipedia's prose.

XTREME-R makes the training pairs of LAReQA from such rules; these are our own, close to what they find on SQuAD.
"""

import re
from collections.abc import Iterator

END = re.compile(r"""[.?!](?:\[[\w ?.]+\]|[)'"\u201d ])*\s+(?=['"(\[\u201c]?[A-Z0-9])""")
"""The end of a sentence, with what may follow it in the same one, before what may begin another."""

OPENING = re.compile(
    r"(The|This|That|These|It|In|On|By|During|After|Under|Although|As|Several|Yet|According to) |Meanwhile|However"
)
"""A word after which an abbreviation was the end of its sentence all the same."""

NAMED = re.compile(
    r"\b(Mrs?|Ms|Dr|Prof|Fr|Rev|Msgr|Sta?|Lt|Gen|Col|Maj|Adm|Capt|Sgt|Rep|Gov|Sen|Pres|Mt|Ft|Jan|Aug|Oct|Nov|Dec"
    r"|e\.g|i\.?e|vs?|pp?|cf|a\.k\.a|approx|app|esp|est|tr)\.$"
)
"""Abbreviations that need something after them."""

NUMBERED = re.compile(r"\b([Aa]rt|[Nn]o|Opp?|ch|Sec|cl|Rec|Vol|Rs|H\.R|ca|fl|[bdrc]|et al|U\.S)\.$")
"""Abbreviations that need a number after them."""

LONGEST = 20
"""Letters before a full stop that are looked at."""

INITIAL = re.compile(r"\b[A-Z]\.$")
NAME = re.compile(r'"?[A-Z]([a-z]|\. )')


def breaks(text: str) -> Iterator[tuple[int, int]]:
    """The start and the end of each sentence; the spaces between two belong to neither."""
    start = len(text) - len(text.lstrip())
    for found in END.finditer(text):
        if _ends(text[max(0, found.start() - LONGEST) : found.start() + 1], text[found.end() :]):
            yield start, start + len(text[start : found.end()].rstrip())
            start = found.end()
    if start < len(text.rstrip()):
        yield start, len(text.rstrip())


def _ends(before: str, after: str) -> bool:
    """Whether a sentence ends between these texts."""
    if OPENING.match(after):
        return True
    needs_number = NUMBERED.search(before) and re.match(r"\(?[0-9IVX]", after)
    return not (NAMED.search(before) or needs_number or (INITIAL.search(before) and NAME.match(after)))
