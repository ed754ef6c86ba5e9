"""How numbers and columns are written in tables."""

from xh.plan import BASELINE


def points(value: float | None) -> str:
    """A score in percent with one digit, as XTREME prints it; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}"


def signed(delta: float | None) -> str:
    """A difference in points with its sign; nothing where there is none."""
    if delta is None:
        return ""
    text = f"{delta:+.1f}"
    return "±0.0" if text in ("+0.0", "-0.0") else text


MARK = "≈"
"""Behind a score that is not above chance."""

LEGEND = f"{MARK} not above chance: within two standard errors of what guessing scores."


def heading(inter: str) -> str:
    """A column's heading."""
    return "baseline" if inter == BASELINE else inter
