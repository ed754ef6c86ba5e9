"""What the training takes of transformers and accelerate beyond what they document; no other file does.

Checked on transformers 5.23 and accelerate 1.15. ``tests/stage/test_transformers_internals.py`` holds each to what is
expected of it.
"""

from pathlib import Path
from typing import Any

import transformers
from accelerate.data_loader import prepare_data_loader
from transformers import Trainer, TrainingArguments

from xh.spec import StageError

USED = ("_init_training_state", "_load_from_checkpoint")
"""Methods of the Trainer that may go or change with any version."""


class InternalsTrainer(Trainer):
    """The Trainer, which takes losses as they are, and can be told that a training is over when it is resumed."""

    def __init__(self, **options: Any) -> None:
        if missing := [name for name in USED if not hasattr(Trainer, name)]:
            raise StageError(
                f"transformers {transformers.__version__} has no Trainer.{missing[0]}, which xh uses.",
                todo="Install one that it was checked on: pip install transformers==5.23.0",
            )
        super().__init__(**options)
        self.model_accepts_loss_kwargs = False  # the heads' word for it would have pieces of a batch not averaged

    def is_over(self, max_steps: int) -> bool:
        """Whether nothing is left to do of a training that was resumed; ``self.state`` is what was saved."""
        return bool(self.state.global_step >= max_steps)

    def _init_training_state(self, max_steps: int, steps: int, epochs: int, *rest: Any) -> tuple[int, int]:
        """The epoch and the step in it to go on with; the Trainer would run an epoch that was begun to its end."""
        begin: tuple[int, int] = super()._init_training_state(max_steps, steps, epochs, *rest)
        return (epochs, 0) if self.is_over(max_steps) else begin

    def load_weights(self, checkpoint: Path) -> None:
        """Give the model the weights of a checkpoint."""
        self._load_from_checkpoint(str(checkpoint))


def on_device(loader: Any, arguments: TrainingArguments) -> Any:
    """A loader of what is this process's already, with its batches on the device; it tells its sampler the epoch."""
    return prepare_data_loader(loader, arguments.device, num_processes=1, process_index=0, put_on_device=True)


def use_one_gpu(arguments: TrainingArguments) -> None:
    """A process trains on one GPU; on more, each would get as large a batch."""
    arguments._n_gpu = min(1, arguments.n_gpu)


def remember(state: Any, entry: dict[str, Any]) -> None:
    """Put an entry into the history that every checkpoint has; unlike ``Trainer.log``, it is told to nobody."""
    state.log_history.append(entry)


def remembered(state: Any) -> list[dict[str, Any]]:
    """The history: what :func:`remember` put there, among the Trainer's own entries."""
    return list(state.log_history)
