"""Examples that are gained and lost, a table for each arm and target."""

from collections.abc import Sequence
from typing import NamedTuple

from xh.results.arms import arms
from xh.results.change import ArmChange
from xh.results.compare_page import texts
from xh.results.numbers import heading
from xh.results.page.elements import Markup, element
from xh.results.page.tables import column, scrolled
from xh.results.texts import plain
from xh.spec.cell import BASELINE

COLUMNS = ("change", "language", "example")


class Browser(NamedTuple):
    """The changed examples of one arm and target: what they say folded, and their table."""

    said: str
    table: Markup


def browsers(changes: Sequence[ArmChange]) -> list[Browser]:
    """A browser for each arm and target of which there are examples with their texts."""
    shown = [change for change in changes if change.text]
    there = arms(shown)
    groups: dict[tuple[str, str], list[ArmChange]] = {}
    for change in sorted(shown, key=there.order):
        groups.setdefault((there.label(change), change.target), []).append(change)
    return [_browser(arm, target, found) for (arm, target), found in groups.items()]


def _browser(arm: str, target: str, found: Sequence[ArmChange]) -> Browser:
    lines = [texts(change, BASELINE, arm) for change in found]
    names = list(dict.fromkeys(name for line in lines for name in line))
    langs = len({change.lang for change in found})
    counts = ", ".join(f"{sum(each.outcome == word for each in found)} {word}" for word in ("gained", "lost"))
    said = plain(f"{heading(arm)} → {target} · {counts} in {langs} language{'s' * (langs != 1)}")
    head = element("tr", *(column(name, "text") for name in (*COLUMNS, *map(plain, names))))
    rows = [_row(change, [line.get(name, "") for name in names]) for change, line in zip(found, lines, strict=True)]
    return Browser(said, scrolled(said, element("thead", head), element("tbody", *rows)))


def _row(change: ArmChange, shown: Sequence[str]) -> Markup:
    """One example; each text has the direction that its letters have."""
    where = [element("td", text, class_="text") for text in (plain(change.lang), str(change.example))]
    cells = [element("td", plain(text) or "–", class_="words", dir="auto") for text in shown]
    return element("tr", element("th", change.outcome, scope="row"), *where, *cells)
