"""Where a task's rows come from."""

import re
from typing import NamedTuple

from msgspec import Struct, field

CANDIDATES = "candidates"
"""The split of what the queries of a task of kind ``rank`` are answered from."""
COMMIT = re.compile(r"[0-9a-f]{40}")


def is_commit(revision: str) -> bool:
    """Whether a revision names one commit for ever, which a branch or a tag does not."""
    return COMMIT.fullmatch(revision) is not None


class Hub(Struct, frozen=True, forbid_unknown_fields=True, tag="hub", tag_field="from"):
    """A data set on the Hugging Face Hub, or in a folder laid out like it (``DIR/<org>/<name>/…``).

    ``revision`` is a commit, or a branch: then its commit is looked up for every plan, and where the branch has moved
    the stages are new ones. ``splits`` maps our splits (train, dev, test) to their names there; where dev has the name
    of train, every 20th example is held out for it. ``config`` may hold ``{lang}``, which ``codes`` translates where
    the data set does not use XTREME's two-letter codes. ``row`` is a ``"module:function"`` from a row (a dict) and the
    language to the row as the kind wants it, or to None where the row is to be left out; ``rows`` is one from the list
    of all rows to those that the kind wants, where one row is made of several.
    """

    id: str
    revision: str
    splits: dict[str, str]
    config: str | None = None
    codes: dict[str, str] = field(default_factory=dict)
    row: str | None = None
    rows: str | None = None

    @property
    def function(self) -> str | None:
        """What makes the kind's rows of those in the files."""
        return self.row or self.rows


class Files(Struct, frozen=True, forbid_unknown_fields=True, tag="files", tag_field="from"):
    """Plain files, below the data folder or inside a package.

    ``paths`` are relative, may hold ``{lang}`` and ``{split}``, and ``*`` as for ``pathlib.Path.glob``; ``package``
    names an importable package that carries them; without one they lie in the data folder, or come from the archive at
    ``url``. ``reader`` is a ``"module:function"`` that turns the list of existing paths, and the language where it
    takes one, into rows (a list of dicts); without it the file must be ``.jsonl``, ``.csv``, ``.tsv`` or ``.parquet``.
    ``holds`` is one that says of paths and a language whether they hold it, where a file may hold several. ``hint`` is
    told to a user who has not got the files.
    """

    paths: tuple[str, ...]
    splits: dict[str, str]
    package: str | None = None
    url: str | None = None
    hint: str = ""
    reader: str | None = None
    holds: str | None = None

    @property
    def function(self) -> str | None:
        """What makes rows of the files."""
        return self.reader


Source = Hub | Files


class DataSplit(NamedTuple):
    """One split (train, dev, test, candidates) of a task in one language."""

    task: str
    split: str
    lang: str

    def __str__(self) -> str:
        return f"{self.task} {self.split} {self.lang}"

    @property
    def key(self) -> str:
        """``task/split/lang``, as records of stages have it."""
        return "/".join(self)

    @classmethod
    def of(cls, key: str) -> "DataSplit":
        """The split that a record's key means."""
        return cls(*key.rsplit("/", 2))
