"""Inputs that are others in each epoch, because a method makes other examples of the same ones."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from torch.utils.data import Dataset, Sampler

from xh.spec import StageError
from xh.spec.examples import Examples, Features
from xh.stage.job import TrainJob
from xh.training.method import Method


def epoch_inputs(job: TrainJob, examples: Examples, tokenizer: Any) -> Any:
    """The inputs that a training learns: the same in all epochs, unless a method of the job changes examples."""
    methods = [method for method in job.methods if type(method).examples is not Method.examples]
    if not methods:
        return job.features(job.kind, examples, tokenizer, train=True)

    def make(epoch: int) -> Features:
        changed = examples
        for method in methods:
            changed = method.examples(changed, epoch, job)
            if not len(changed):
                raise StageError(f"{method.name} leaves no examples of {examples.where} in epoch {epoch}.")
        return job.kind.features(changed, tokenizer, job.recipe, train=True)

    return EpochInputs(make)


class EpochInputs(Dataset[dict[str, Any]]):
    """The inputs that ``make(epoch)`` gives; as many in every epoch as in the first, for all have as many steps.

    Of more, that many are drawn; of fewer, some come twice.
    """

    def __init__(self, make: Callable[[int], Features]) -> None:
        self.make, self.epoch, self.features = make, 0, make(0)
        self.rows = list(range(len(self.features)))

    def set_epoch(self, epoch: int) -> None:
        """Have the inputs of this epoch, which follow from its number alone."""
        if epoch == self.epoch:
            return
        self.epoch, self.features = epoch, self.make(epoch)
        count, there = len(self.rows), len(self.features)
        more = there > count
        self.rows = Random(epoch).sample(range(there), count) if more else [i % there for i in range(count)]

    @property
    def lengths(self) -> list[int]:
        """Subword tokens of each input of this epoch."""
        lengths = self.features.lengths
        return [lengths[row] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.features[self.rows[index]]


def in_epochs(inputs: Any, make: Callable[[], Sampler[int]]) -> Sampler[int]:
    """The order of a training's inputs, made anew for each epoch where the inputs change."""
    return EpochOrder(inputs, make) if hasattr(inputs, "set_epoch") else make()


class EpochOrder(Sampler[int]):
    """An order of inputs that are others in each epoch; it is told the epoch, and tells the inputs."""

    def __init__(self, inputs: Any, make: Callable[[], Sampler[int]]) -> None:
        self.inputs, self.make, self.order = inputs, make, make()

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose inputs and order come next."""
        self.inputs.set_epoch(epoch)
        self.order = self.make()
        self.order.set_epoch(epoch)  # type: ignore[attr-defined]

    def __len__(self) -> int:
        return len(self.order)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order)
