"""Whether a score is above what guessing would give."""

from math import sqrt

ERRORS = 2
"""Standard errors that a score must be above chance."""


def at_chance(value: float | None, chance: float | None, n: int) -> bool | None:
    """Whether a score (percent, over ``n`` examples) is not above ``chance`` by two standard errors.

    The error is the binomial one of the mean of both, as if examples were right or wrong. None where one is not known.
    """
    if value is None or chance is None:
        return None
    share = min(1.0, max(0.0, (value + chance) / 200))
    return value <= chance + ERRORS * 100 * sqrt(share * (1 - share) / max(1, n))
