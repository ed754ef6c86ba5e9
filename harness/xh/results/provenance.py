"""The records of where results come from: runs, commands, data, recipes, and the appendix that holds them."""

from typing import Any

from msgspec import Struct, field

from xh.spec import Machine


class Run(Struct, frozen=True, kw_only=True):
    """Where the results come from; several encoders, profiles or versions are joined by commas."""

    encoder: str = ""
    profile: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Command(Struct, frozen=True, kw_only=True):
    """A call of ``xh`` on the store: its words, without where things lie; when, for how long, by which version."""

    words: tuple[str, ...]
    started: str
    seconds: float
    outcome: str
    version: str


class Data(Struct, frozen=True, kw_only=True):
    """A split of a task that was read.

    ``source``: ``hub``, ``archive``, ``package``, ``sample`` or ``folder``. ``contents``: by language the data set's id
    and commit on the Hub, the archive's address, or the content's hash.
    """

    task: str
    split: str
    source: str
    contents: dict[str, str]


class Recipe(Struct, frozen=True, kw_only=True):
    """How a task was trained or evaluated, with which ``seeds`` (none where nothing is trained).

    ``settings`` are those that are not the kind's defaults; ``limits`` the rows at most that were read.
    """

    phase: str
    task: str
    kind: str
    settings: dict[str, Any]
    limits: dict[str, int | float]
    seeds: tuple[int, ...] = ()


class Appendix(Struct, frozen=True, kw_only=True):
    """Where results come from: all that is needed to make them again, and what to cite.

    ``xh``: the version that reports; ``versions``: of what made the stages. ``encoders``: by name the commits on the
    Hub or the hashes of contents.
    """

    date: str = ""
    xh: str = ""
    commands: tuple[Command, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    machines: tuple[Machine, ...] = ()
    encoders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    data: tuple[Data, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    bibtex: str = ""
