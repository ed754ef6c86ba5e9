"""The records of examples that count differently in two arms."""

from msgspec import Struct

from xh.spec.cell import BASELINE, Coordinates

Stages = tuple[tuple[str, str], ...]
"""Of each seed the stage of the first arm and that of the second."""


class Change(Struct, frozen=True, kw_only=True):
    """An example that counts differently in two arms, in its target's main metric.

    ``example``: its number in the stage's ``examples.npz``, from 0. ``a``, ``b``: how much of it is right, in percent,
    means over seeds. ``text`` by column, ``gold``, and a prediction for each seed, as its kind shows them; empty where
    the data are not there. ``stages``: of each seed that of ``a`` and that of ``b``.
    """

    target: str
    lang: str
    example: int
    a: float
    b: float
    text: dict[str, str] = {}
    gold: str = ""
    predictions_a: tuple[str, ...] = ()
    predictions_b: tuple[str, ...] = ()
    stages: Stages

    @property
    def outcome(self) -> str:
        """Whether it is gained or lost."""
        return "gained" if self.b > self.a else "lost"


class ArmChange(Change, frozen=True, kw_only=True):
    """An example that counts differently after an intermediate task (``b``) than in its baseline (``a``)."""

    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
