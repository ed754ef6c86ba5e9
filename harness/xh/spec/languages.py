"""The record of a language."""

from typing import Literal

from msgspec import Struct


class LanguageSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of a language; a fact that is not given is unknown.

    ``name``: the code by which tasks name it (BCP 47), ``title``: its English name. ``script``: ISO 15924.
    ``joshi``: resource class of Joshi et al. 2020, 5 has most. ``cc100_tokens``: millions, ``mc4_tokens``: billions,
    ``wikipedia_articles``: thousands. ``distances``: to English, by ``syntax``, ``phonology``, ``inventory``,
    ``genetic``, ``geographic`` and ``featural``.
    """

    name: str
    title: str = ""
    iso639_3: str = ""
    script: str = ""
    family: str = ""
    branch: str = ""
    joshi: Literal[0, 1, 2, 3, 4, 5] | None = None
    cc100_tokens: float | None = None
    cc100_gib: float | None = None
    mc4_tokens: float | None = None
    wikipedia_articles: float | None = None
    wikipedia_mb: float | None = None
    distances: dict[str, float] = {}
