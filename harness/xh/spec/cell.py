"""A cell of a table of results, and where it lies on the axes."""

from typing import Any

from msgspec import Struct

BASELINE = "none"
"""What stands for no intermediate task, and for no method."""
ALL_ROWS = 1.0
"""A limit that is none: the share of all rows."""


class Cell(Struct, frozen=True):
    """One intermediate task and method on one target with one seed: the stages that evaluate it in these ``languages``.

    Where nothing is trained nothing is random, and ``seed`` is None.
    """

    inter: str
    target: str
    seed: int | None
    stages: tuple[str, ...]
    languages: tuple[str, ...]
    method: str = BASELINE


class Coordinates(Struct, frozen=True, kw_only=True):
    """Where a cell lies on the axes besides intermediate task, method, target, language and seed.

    ``model``: the encoder. ``limit_intermediate``, ``limit_target``: rows of the training at most, or a share of them,
    1.0 for all; ``train_lang``: the languages that the target was trained in, joined by commas. These are None where
    there is no such training: then the cell belongs to all values of the axis. ``settings``: by ``TASK.KEY`` those in
    which cells differ.
    """

    model: str = ""
    limit_intermediate: int | float | None = None
    limit_target: int | float | None = None
    train_lang: str | None = None
    settings: dict[str, Any] = {}


AXES = ("model", "train_lang", "limit_target", "limit_intermediate")
"""The coordinates that are no settings."""


def belongs(at: Coordinates, point: Coordinates) -> bool:
    """Whether a cell counts at a point: it lies there on each axis, or on all values of it."""
    same = (getattr(at, name) in (None, getattr(point, name)) for name in AXES)
    return all(same) and all(point.settings.get(key) == value for key, value in at.settings.items())


def written(axis: str, value: Any) -> str:
    """A value on an axis as it would be typed: a share of rows in percent."""
    return f"{100 * value:g}%" if axis.startswith("limit") and isinstance(value, float) else str(value)
