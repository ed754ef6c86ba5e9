"""A cell of a table of results."""

from msgspec import Struct

BASELINE = "none"
"""What stands for no intermediate task, and for no method."""


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
