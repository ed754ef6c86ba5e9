"""The record of a training's course: its losses and dev evaluations."""

from msgspec import Struct

from xh.spec.cell import BASELINE, Coordinates


class TrainingLog(Struct, frozen=True, kw_only=True):
    """What one training did, as its stage's ``log.jsonl`` has it.

    ``phase``: intermediate or target. ``task``: what it was trained on, by its short name; ``targets``: those that are
    evaluated after it. ``at``: the coordinates that all of these share. ``loss``: steps with the mean loss since the
    one before, at most 60 of them. ``dev``: steps with their dev scores in percent, the metric that counts first.
    ``selected``: the step whose model was kept.
    """

    phase: str
    task: str
    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    targets: tuple[str, ...]
    seed: int | None
    stage: str
    loss: tuple[tuple[int, float], ...] = ()
    dev: tuple[tuple[int, dict[str, float]], ...] = ()
    selected: int | None = None
