"""How numbers and columns are written in tables."""

from xh.results.grids import Entry
from xh.results.records import Interval
from xh.results.significance import LEVEL
from xh.spec.cell import BASELINE


def points(value: float | None) -> str:
    """A score in percent with one digit, as XTREME prints it; a dash if there is none."""
    return "–" if value is None else f"{value:.1f}"


def signed(delta: float | None) -> str:
    """A difference in points with its sign; empty if there is none."""
    if delta is None:
        return ""
    text = f"{delta:+.1f}"
    return "±0.0" if text in ("+0.0", "-0.0") else text


MARK = "≈"
"""Behind a score that is not above chance."""

LEGEND = f"{MARK} not above chance: within two standard errors of what guessing scores."


STAR = "*"
"""Behind a difference that is more than chance over examples."""

STAR_LEGEND = f"{STAR} p < {LEVEL} over examples (paired bootstrap), corrected by Holm over all differences of a table."

ORACLE_MARK = "†"
"""Behind what was selected by an oracle."""

ORACLE_LEGEND = (
    f"{ORACLE_MARK} oracle: the checkpoint is the best on dev sets in the test languages, "
    "which zero-shot transfer does not have."
)

ONE_SEED = "95% intervals are over examples; with one seed they do not include the variation between trainings."

NO_INTERVALS = "No intervals: they need a baseline, and per-example counts of both."


def named(name: str, oracle: bool) -> str:
    """A name with its mark, if it has one."""
    return name + ORACLE_MARK if oracle else name


def spread(sd: float | None) -> str:
    """A standard deviation in points, behind its mean; nothing where there is none."""
    return "" if sd is None else f" ±{sd:.1f}"


def between(interval: Interval) -> str:
    """An interval of a difference in points."""
    return f"[{', '.join(map(signed, interval))}]"


def written(entry: Entry) -> str:
    """An entry as one text: ``71.2 ±0.4 (+5.2)``."""
    if entry.text:
        return entry.text + STAR * entry.is_significant
    if entry.interval and entry.value is None:
        return between(entry.interval)
    value = points(entry.value) + spread(entry.sd) + (MARK if entry.at_chance else "")
    return f"{value} ({change(entry)})" if entry.delta is not None else value


def change(entry: Entry, unmarked: str = "", room: int = 0) -> str:
    """An entry's difference with its mark, else with ``unmarked``, and its interval, at least ``room`` wide.

    ``+5.2* [+1.0, +9.1]``
    """
    if entry.delta is None:
        return ""
    difference = signed(entry.delta) + (STAR if entry.is_significant else unmarked)
    return f"{difference} {between(entry.interval).rjust(room)}" if entry.interval else difference


def heading(column: str) -> str:
    """A column's heading."""
    return "baseline" if column == BASELINE else column
