"""Rows of the Hub's data sets as a task's own function makes them."""

from collections.abc import Iterable
from typing import Any

from xh.spec.reference import resolve

Row = dict[str, Any]


def reshaped(read: Iterable[Row], lang: str, row: str | None, rows: str | None) -> list[Row]:
    """The rows made over one by one, without those that are left out, or all at once."""
    if rows:
        whole: list[Row] = resolve(rows)([*read], lang)
        return whole
    function = resolve(row or "")
    return [made for each in read if (made := function(each, lang)) is not None]
