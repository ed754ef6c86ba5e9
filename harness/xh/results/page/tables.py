"""Grids as tables that can be sorted, filtered and saved."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from xh.plugins.languages import language
from xh.plugins.registry import registry
from xh.results.grids import Entry, Grid, Line
from xh.results.numbers import between, heading, written
from xh.results.page.elements import Markup, element, joined
from xh.results.page.strips import UNSURE, Scale, kind, scale, strip
from xh.results.texts import plain

HEATMAP = "heatmap"
STEPS = 5
"""Of colour, on each side of no difference."""
PALE = 2
"""The same for what may be chance."""

COLOURS = "Blue: better than the baseline; orange: worse. In italics and pale: it may be chance."
FEW = 4
"""Columns between which strips have more room."""

FACTS = ("family", "class")
"""Columns of a language: its family, and its resource class of Joshi et al. 2020."""


class Look(NamedTuple):
    """How differences are drawn in a table: on a scale, or as colours, the strongest for the ``most`` points."""

    strips: Scale | None = None
    most: float = 0


def table(grid: Grid, langs: Iterable[str], name: str = "name") -> Markup:
    """A grid with how it is to be read. Lines that are of ``langs`` have the languages' names, families and classes.

    ``name``: what the other lines' first column is called. Where such languages are columns, they become the lines.
    """
    grid, look = upright(grid, set(langs)), _look(grid)
    facts = {line.name: facts_of(line.name) for line in grid.lines if line.name in langs}
    facts = facts if any(any(each[1:]) for each in facts.values()) else {}
    said = look.strips.said if look.strips else COLOURS if look.most else ""
    few = "few" if len(grid.columns) <= FEW else None
    head = _head(grid, "language" if facts else name, bool(facts))
    whole = scrolled(grid.title, head, *_bodies(grid, look, facts), few=few)
    return joined(whole, element("p", said, class_="said") if said else "")


def scrolled(title: str, *parts: Markup, few: str | None = None) -> Markup:
    """A table in a region that a keyboard can scroll."""
    whole = element("table", *parts, class_=few)
    return element("div", whole, class_="scroll", tabindex=0, role="region", aria_label=f"{title}, table")


def _look(grid: Grid) -> Look:
    entries = [entry for line in grid.lines for entry in line.entries]
    if grid.name == HEATMAP:
        return Look(most=max((abs(entry.delta or 0) for entry in entries), default=0))
    return Look(strips=scale(entries))


def upright(grid: Grid, langs: set[str]) -> Grid:
    """The grid with these languages as lines, if they are columns."""
    if langs.intersection(line.name for line in grid.lines) or not langs.intersection(grid.columns):
        return grid
    columns = zip(grid.columns, zip(*(line.entries for line in grid.lines), strict=True), strict=True)
    lines = tuple(Line(name, entries, total=name not in langs) for name, entries in columns)
    return replace(grid, columns=tuple(line.name for line in grid.lines), lines=lines)


def facts_of(code: str) -> Sequence[str]:
    """A language's name, family and resource class, as far as they are known."""
    known = language(code, registry())
    if known is None:
        return "", "", ""
    families = ", ".join(filter(None, (known.family, known.branch)))
    return plain(known.title), plain(families), "" if known.joshi is None else str(known.joshi)


def _head(grid: Grid, name: str, has_facts: bool) -> Markup:
    columns = [name, *map(heading, grid.columns)]
    heads = [*map(column, columns), *(column(name, "text") for name in FACTS if has_facts)]
    return element("thead", element("tr", *heads))


def column(name: str, of: str | None = None) -> Markup:
    """The head of a column, by which a table can be sorted; no line of it begins with a separator."""
    return element("th", element("button", name.replace(" ·", "\u00a0·"), type="button"), scope="col", class_=of)


def _bodies(grid: Grid, look: Look, facts: Mapping[str, Sequence[str]]) -> Iterator[Markup]:
    """The lines, and the totals, which stay below however the lines are sorted."""
    for name, total in (("tbody", False), ("tfoot", True)):
        lines = [_line(line, look, facts) for line in grid.lines if line.total == total]
        if lines or not total:
            yield element(name, *lines)


def _line(line: Line, look: Look, facts: Mapping[str, Sequence[str]]) -> Markup:
    title, *known = facts.get(line.name, ("", "", ""))
    name = joined(f"{title} ", element("small", line.name)) if title else line.name
    cells = [_cell(entry, look) for entry in line.entries]
    cells += [element("td", each, class_="text") for each in known if facts]
    return element("tr", element("th", name, scope="row"), *cells)


def _cell(entry: Entry, look: Look) -> Markup:
    """A value and its difference; below them the strip, and the interval, which may be hidden from the eye."""
    has_picture, has_own = entry.delta is not None, entry.value is not None or entry.text is not None
    beside = entry.interval if has_own else None
    return element(
        "td",
        element("span", written(entry._replace(interval=None) if beside else entry)),
        strip(entry, look.strips) if look.strips and has_picture else "",
        element("span", f" {between(beside)}", class_="ci") if beside else "",
        class_=shade(entry, look.most) if look.most and has_picture else None,
        data_n=_numbers(entry),
    )


def shade(entry: Entry, most: float) -> str:
    """The colour of a difference: the stronger the larger it is, and pale where it may be chance."""
    delta, unsure = entry.delta or 0, kind(entry) == UNSURE
    step = round((PALE if unsure else STEPS) * abs(delta) / most)
    side = "more" if delta > 0 else "less"
    return " ".join([*([f"{side}{step}"] if step else []), *([UNSURE] if unsure else [])])


def _numbers(entry: Entry) -> str | None:
    """Value, difference and interval for sorting and for CSV, those that are not there empty."""
    numbers: Sequence[float | None] = (entry.value, entry.delta, *(entry.interval or (None, None)))
    known = ["" if number is None else f"{number:.4f}".rstrip("0").rstrip(".") for number in numbers]
    return ",".join(known) if any(known) else None
