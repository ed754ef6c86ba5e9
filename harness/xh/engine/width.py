"""How many GPUs a stage gets (``--gpus-per-stage``), for every engine."""

from xh.plan.disk import model_size
from xh.spec import Locations, Stage
from xh.spec.gpu import FIXED, fits


class Width:
    """One GPU for each stage, and for trainings up to ``locations.gpus_per_stage``: where fewer stages are ready than
    GPUs are free, or where one GPU has no room for the body. ``memory``: the bytes of a GPU, None where there is none.
    """

    def __init__(self, locations: Locations, memory: int | None = None) -> None:
        self.most, self.memory = locations.gpus_per_stage, memory
        self.sizes = {name: model_size(encoder, locations) or 0 for name, encoder in locations.encoders.items()}

    def least(self, stage: Stage) -> int:
        """The GPUs that a stage has to wait for."""
        weights = self.sizes.get(stage.inputs.encoder, 0) // FIXED
        return 1 if not stage.trains or self.memory is None or fits(weights, weights, self.memory) else self.most

    def of(self, stage: Stage, free: int, ready: int) -> int:
        """The GPUs for a stage that starts, if so many are ``free`` and so many stages with it are ``ready``."""
        return max(self.least(stage), min(self.most, free // ready)) if stage.trains else 1
