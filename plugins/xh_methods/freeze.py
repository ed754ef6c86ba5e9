"""Freezing: some weights of the encoder are not trained.

Source: Wu and Dredze 2019 (arXiv 1904.09077) freeze the embeddings and the lower layers of mBERT. Unverified:
that three layers are what they found best on most tasks.
"""

from typing import Any

from xh.api import Method, StageError, TrainingSetup, TrainJob, body_of, layers_of


class Freeze(Method):
    """``embeddings``: whether all embeddings stay; ``layers``: how many layers above them do.

    Adapters in these layers stay too. A head that shares its weights with the embeddings does not learn these.
    """

    def setup(self, setup: TrainingSetup, job: TrainJob) -> TrainingSetup:
        """Raises :class:`StageError` where the encoder has fewer layers."""
        body, count = body_of(setup.model), self.settings.layers
        layers = layers_of(body)
        if not 0 <= count <= len(layers):
            todo = f"Choose --set freeze.layers between 0 and {len(layers)}."
            raise StageError(f"{count} layers can't be frozen: this encoder has {len(layers)}.", todo=todo)
        for module in [*self._embeddings(body), *layers[:count]]:
            module.requires_grad_(False)
        return setup

    def _embeddings(self, body: Any) -> list[Any]:
        """Of words, and where one module has them all of positions too."""
        return [getattr(body, "embeddings", None) or body.get_input_embeddings()] if self.settings.embeddings else []
