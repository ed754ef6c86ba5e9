"""What the training takes of transformers and accelerate beyond what they document; no other file does.

Checked on transformers 5.23 and accelerate 1.15. ``tests/stage/test_transformers_internals.py`` holds each to what is
expected of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
import transformers
from accelerate.data_loader import prepare_data_loader
from safetensors.torch import load_file
from transformers import Trainer, TrainingArguments
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME
from transformers.utils import SAFE_WEIGHTS_NAME

from xh.spec import StageError
from xh.training.sharding import Shards, Whole, gathered

USED = ("_init_training_state", "_load_from_checkpoint")
SHARDED = ("_save", "_save_optimizer_and_scheduler", "_load_optimizer_and_scheduler", "_defer_fsdp_gradient_reduction")
"""Methods of the Trainer that may go or change with any version."""


class InternalsTrainer(Trainer):
    """The Trainer, which takes losses as they are, and can be told that a training is over when it is resumed.

    ``shards``: those of the model, where no process has all of it. All processes put it together where it is saved.
    """

    def __init__(self, shards: Shards | None = None, **options: Any) -> None:
        if missing := [name for name in (*USED, *(SHARDED if shards else ())) if not hasattr(Trainer, name)]:
            raise StageError(
                f"transformers {transformers.__version__} has no Trainer.{missing[0]}, which xh uses.",
                todo="Install one that it was checked on: pip install transformers==5.23.0",
            )
        self.shards = shards
        if shards:  # it neither moves nor wraps such a model
            model = options["model"]
            own = "_" if isinstance(model, transformers.PreTrainedModel) else ""
            setattr(model, f"{own}is_distributed_loading_by_transformers", True)
            model._is_fsdp_managed_module = True
        super().__init__(**options)
        self.model_accepts_loss_kwargs = False  # the heads' word for it would have pieces of a batch not averaged

    def is_over(self, max_steps: int) -> bool:
        """Whether nothing is left to do of a training that was resumed; ``self.state`` is what was saved."""
        return bool(self.state.global_step >= max_steps)

    def _init_training_state(self, max_steps: int, steps: int, epochs: int, *rest: Any) -> tuple[int, int]:
        """The epoch and the step in it to go on with; the Trainer would run an epoch that was begun to its end."""
        begin: tuple[int, int] = super()._init_training_state(max_steps, steps, epochs, *rest)
        return (epochs, 0) if self.is_over(max_steps) else begin

    def load_weights(self, checkpoint: Path, model: Any) -> None:
        """Give a model that is whole the weights of a checkpoint."""
        super()._load_from_checkpoint(str(checkpoint), model)

    def _load_from_checkpoint(self, checkpoint: str, model: Any = None) -> None:
        if self.shards:
            self.shards.load(load_file(Path(checkpoint) / SAFE_WEIGHTS_NAME))
        else:
            super()._load_from_checkpoint(checkpoint, model)

    def _save(self, folder: str | None = None, state_dict: Any = None) -> None:
        with self.shards.whole() if self.shards else nullcontext(Whole(self.model, None)) as whole:
            if whole:
                with _instead(self, whole.model):
                    super()._save(folder, state_dict)

    def _save_optimizer_and_scheduler(self, folder: str) -> None:
        if not self.shards:
            super()._save_optimizer_and_scheduler(folder)
            return
        state = gathered(self.optimizer.state_dict())
        if self.args.should_save:
            torch.save(state, Path(folder) / OPTIMIZER_NAME)
            torch.save(self.lr_scheduler.state_dict(), Path(folder) / SCHEDULER_NAME)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if not self.shards or not checkpoint:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        moments, schedule = (
            torch.load(Path(checkpoint) / name, map_location="cpu", weights_only=True)
            for name in (OPTIMIZER_NAME, SCHEDULER_NAME)
        )
        self.shards.load_moments(self.optimizer, moments)
        self.lr_scheduler.load_state_dict(schedule)

    @contextmanager
    def _defer_fsdp_gradient_reduction(self) -> Iterator[None]:
        """Of a batch in pieces only the last one's gradients are averaged, over all."""
        self.model.set_requires_gradient_sync(False)
        try:
            yield
        finally:
            self.model.set_requires_gradient_sync(True)


@contextmanager
def _instead(trainer: Any, model: Any) -> Iterator[None]:
    """Have the Trainer save a model that is whole, with nobody else's help."""
    before = trainer.model, trainer.is_distributed_loading_by_transformers
    trainer.model, trainer.is_distributed_loading_by_transformers = model, False
    try:
        yield
    finally:
        trainer.model, trainer.is_distributed_loading_by_transformers = before


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
