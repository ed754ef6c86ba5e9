"""What a method may do to a training: the class that a plugin's method extends."""

from random import Random
from typing import TYPE_CHECKING, Any

from xh.spec.examples import Examples
from xh.stage.job import TrainJob

if TYPE_CHECKING:
    from xh.training.setup import TrainingSetup


class Method:
    """Changes trainings without replacing them; what a class does not define stays as it is.

    One object is made for each training, and one for each evaluation of what was trained, in the process that does the
    work; where several processes train together, one in each. Everything is called in that process's main thread. An
    exception fails the stage. A training that was killed is set up anew and goes on from its last checkpoint, so what a
    method does must follow from its settings, the job and the epoch alone.

    ``name``: as it is filed, ``<distribution>:<method>``. ``settings``: a record of the method's settings, with
    ``--set METHOD.KEY=VALUE`` applied: ``self.settings.share``.
    """

    def __init__(self, name: str, settings: Any) -> None:
        self.name, self.settings = name, settings

    def examples(self, examples: Examples, epoch: int, job: TrainJob) -> Examples:
        """The examples to learn in an epoch (0, 1, …), made of those of the train split; ``examples`` is not changed.

        Called at the beginning of each epoch of a training, for epoch 0 also when it is set up. What is returned needs
        the columns that the task's kind has after its check; several languages are told apart by the column ``lang``.
        If the number of model inputs differs from epoch 0's, that many are drawn. In a mixture it is called for each
        task, with that task's job.
        """
        return examples

    def adapt(self, model: Any) -> Any:
        """The model with new modules, which may change its outputs but not their shapes.

        Called once in a training, between building the model and everything else, and once in an evaluation, before
        the weights are read. The names of all other weights stay. New weights outside of the body (``base_model``) are
        trained, saved, and read again for evaluation, strictly; the next training gets the body without them. New
        weights inside the body can't be handed on: merge them in what :meth:`setup` puts into ``kept``. In a mixture it
        is called for each task's own model, whose body is then replaced by a shared one: a method that changes how the
        body works says ``mixtures=False`` in its record.
        """
        return model

    def setup(self, setup: "TrainingSetup", job: TrainJob) -> "TrainingSetup":
        """The training, changed: its loss, collator, callbacks, dev evaluators, sampler, what is handed on.

        Called once in a training, before its first step and before a checkpoint is read; ``setup.model`` has its
        starting weights. To add to a loss, keep the old one: ``before = setup.loss``. In a mixture it is called for
        each task's own setup, before the tasks are joined.
        """
        return setup

    def random(self, job: TrainJob, epoch: int = 0) -> Random:
        """A source of chance that follows from the method, the seed of the stage and the epoch."""
        return Random(f"{self.name}/{job.train.name}/{job.stage.inputs.seed}/{epoch}")
