"""What is typed behind options, as values: callbacks of click, which raise ``BadParameter``."""

import re
from collections.abc import Iterable
from typing import Any

import click

from xh.data.places import Places, is_folder, places
from xh.plan.recipes import setting
from xh.plan.request import AXES, rows_at_most

RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
MOST = 10_000
"""Numbers of a list: more are a slip of the finger."""
LANGUAGES = re.compile(r"[a-z]{2}(\+.*)?")


def words(text: str | None) -> tuple[str, ...]:
    """``"a, b"`` as ``("a", "b")``."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def lists(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> tuple[str, ...]:
    """Words of an option that may be typed several times."""
    return tuple(word for text in texts for word in joined(one_list(ctx, option, text)))


def joined(parts: Iterable[str]) -> list[str]:
    """Languages after an ``@`` belong together: ``a@en,de,b`` is ``a@en,de`` and ``b``."""
    words: list[str] = []
    for word in parts:
        if words and "@" in words[-1].rpartition("+")[2] and LANGUAGES.fullmatch(word):
            words[-1] += f",{word}"
        else:
            words.append(word)
    return words


def one_list(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Words of one list; an empty one is none at all."""
    if text is not None and not words(text):
        raise click.BadParameter("it is empty.")
    return words(text)


def numbers(ctx: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    """``"1,3-5"`` as 1, 3, 4, 5."""
    found: list[int] = []
    for word in words(text):
        match = RANGE.fullmatch(word)
        if not match or int(match[1]) > int(match[2] or match[1]):
            raise click.BadParameter(f"{text!r} is not a list of whole numbers; use e.g. 1,2,3 or 1-3.")
        between = range(int(match[1]), int(match[2] or match[1]) + 1)
        if len(found) + len(between) > MOST:
            raise click.BadParameter(f"{text!r} are more than {MOST:,} numbers.")
        found += between
    return tuple(dict.fromkeys(found))


def jobs(ctx: click.Context, option: click.Parameter, text: str) -> int | str:
    """A whole number from 1, or ``auto``."""
    if text == "auto":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is not a number of stages; use e.g. 2, or auto.")
    return int(text)


def _share(text: str) -> int | float:
    """``"100"`` as rows, ``"10%"`` as a share."""
    try:
        rows = rows_at_most(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a number of rows; use e.g. 1000 or 10%.") from None
    if isinstance(rows, float) and not 0 < rows <= 1:
        raise click.BadParameter(f"{text!r} is not a share of the rows; use e.g. 10%, or 1000 for rows.")
    return rows


def limit(ctx: click.Context, option: click.Parameter, text: str | None) -> int | float | None:
    """Rows at most, or a share of them."""
    return None if text is None else _share(text)


def limits(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[int | float, ...]:
    """Several such limits."""
    return tuple(map(_share, one_list(ctx, option, text)))


def models(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Names in a list; a folder that exists is taken by its whole name, with commas in it too."""
    return (text,) if text is not None and is_folder(text) else one_list(ctx, option, text)


def axes(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """``limit-target=100,10%`` as a field with its values."""
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        axis, equals, listed = (part.strip() for part in text.partition("="))
        if not (equals and words(listed)):
            raise click.BadParameter(f"{text!r} is not an axis with values; use e.g. limit-intermediate=100,10%.")
        if axis.startswith("limit"):
            found[axis] = limits(ctx, option, listed)
        elif axis == "model":
            found[axis] = models(ctx, option, listed)
        else:
            found[axis] = words(listed) if axis in AXES else tuple(map(setting, words(listed)))
    return found


def data_places(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> Places:
    """Where the data lie."""
    if "" in texts:
        raise click.BadParameter("it is empty.")
    return places(*texts)
