"""A study: a question, the runs that answer it, and how the answer is shown."""

from typing import Any

from msgspec import Struct


class StudySpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``xh study`` runs.

    ``options``: values of ``xh run``'s options by their names without dashes, such as ``{"inter": ["mnli"], "vary":
    {"limit-intermediate": ["1%", "10%"]}}``; every option that is typed replaces its value. ``arms``: where the runs of
    a study differ in more than axes, the options of each that are laid over these. ``small``: with ``--profile mini``
    the options that replace these, so that it runs on a laptop. ``views``: as ``--view`` has them.
    """

    name: str
    title: str
    question: str
    options: dict[str, Any]
    hypothesis: str = ""
    arms: tuple[dict[str, Any], ...] = ({},)
    small: dict[str, Any] = {}
    views: tuple[str, ...] = ("table",)
    citation: str = ""
