"""The built-in report formats: functions from results to text."""

import csv as stdlib_csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from xh.results.arms import arms
from xh.results.blocks import USUAL, blocks
from xh.results.compare_page import section
from xh.results.frame import spread
from xh.results.records import Results, Row, arm
from xh.results.sections import Section, sections
from xh.results.view import SCORES, View
from xh.spec.cell import BASELINE

if TYPE_CHECKING:
    from xh.results.html import Live

PAGE = ("heatmap", "curve", "table", "layers", "scatter")
"""The views of a page without ``--view``, where there is more than one difference."""
FEW = (*USUAL, "layers")
"""Those where there is not."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(results: Results, view: View = SCORES) -> str:
    """For people: in 80 columns, or as wide as the terminal is; in colours on a terminal."""
    from xh.results import terminal

    return terminal.render(blocks(results, view, short=True), _appended(results, view))


def markdown(results: Results, view: View = SCORES) -> str:
    """Markdown tables, one per target, under a heading per block."""
    from xh.results import markdown as pages

    return pages.render(blocks(results, view), _appended(results, view))


def html(results: Results, view: View = SCORES, live: "Live | None" = None) -> str:
    """A page with an answer, charts and tables; it always has intervals and the appendix. ``live``: what is above."""
    from xh.results import html as pages
    from xh.results.answer import answer
    from xh.results.page.examples import browsers
    from xh.results.page.trainings import courses

    compared = [each for each in results.averages if each.delta is not None]
    usual = PAGE if len({(arm(each), each.target) for each in compared}) > 1 else FEW
    found = blocks(results, replace(view, ci=True), usual=usual)
    return pages.render(
        found,
        sections(results.appendix),
        answer=answer(results, view.question),
        ci=view.ci,
        courses=() if view.views else courses(results.trainings),
        browsers=browsers(results.changes),
        live=live or pages.NOTHING,
    )


def latex(results: Results, view: View = SCORES) -> str:
    """Tables for a document that loads booktabs."""
    from xh.results import latex as tables

    return tables.render(blocks(results, view), _appended(results, view))


def csv(results: Results) -> str:
    """One line per row; axes and the protocol's entries are columns of their own."""
    lines = spread(results.rows)
    text = io.StringIO()
    writer = stdlib_csv.writer(text, lineterminator="\n")
    writer.writerow(lines[0] if lines else [name for name in Row.__struct_fields__ if name not in ("at", "protocol")])
    writer.writerows(map(_plain, line.values()) for line in lines)
    return text.getvalue()


def json(results: Results) -> str:
    """The whole object, as ``xh run --json`` prints it."""
    return msgspec.json.format(msgspec.json.encode(results), indent=2).decode() + "\n"


def _appended(results: Results, view: View) -> list[Section]:
    """The examples that results have, and the appendix if it is asked for."""
    there = arms(results.changes)
    examples = [section(each, BASELINE, there.label(each)) for each in results.changes if each.text]
    return [*examples, *(sections(results.appendix) if view.appendix else ())]


def _plain(value: Any) -> Any:
    """A value as a spreadsheet takes it: nothing for None, JSON for true, false and what has parts.

    A text that it would compute has an apostrophe before it, which says that it is text.
    """
    if isinstance(value, bool | dict | list | tuple):
        return msgspec.json.encode(value).decode()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else value
