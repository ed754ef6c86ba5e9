"""What a reader wants to see besides the scores."""

from msgspec import Struct


class View(Struct, frozen=True, kw_only=True):
    """How results are shown; a report format takes it as ``view``, or leaves it out.

    ``views``: instead of tables and curves, as ``--view`` has them. ``by``: an axis, for each of whose values they
    stand by themselves. ``ci``: beside each difference its interval over
    examples. ``notes``: all of them in full. ``appendix``: at the end where everything comes from. ``question``: what
    a study asks.
    """

    views: tuple[str, ...] = ()
    by: str = ""
    ci: bool = False
    notes: bool = False
    appendix: bool = False
    question: str = ""


SCORES = View()
"""Nothing besides."""
