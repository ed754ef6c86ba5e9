"""Fine-tuning: transformers' Trainer, with our batches and our look at the dev set."""

import time
from typing import Any

import torch
import transformers
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

from xh.kinds.supervised import use_bf16
from xh.plugins.hookspecs import hookimpl
from xh.retrieval.precision import working_device
from xh.spec import Learning, StageError
from xh.stage import memory
from xh.stage.course import Course, course
from xh.stage.job import Log, TrainJob
from xh.stage.mixture import mixture
from xh.stage.resume import Saver, begun

LOGGED = ("loss", "learning_rate", "grad_norm")


@hookimpl(trylast=True)
def xh_train(job: TrainJob) -> dict[str, Any]:
    """Fine-tune with the recipe; keep the checkpoint that is best on the English dev set, or the last.

    Where memory runs out, each batch is cut into more pieces whose gradients are added up, and the training goes on.
    """
    for pieces in memory.pieces(job.recipe.batch_size):
        try:
            return _trained(job, pieces)
        except RuntimeError as error:
            if not memory.exhausted(error):
                raise
        memory.release()
    raise StageError("The memory is too small for a single input.", todo="Lower max_length, or take a smaller model.")


def _trained(job: TrainJob, pieces: int) -> dict[str, Any]:
    recipe = job.recipe
    transformers.set_seed(job.stage.inputs.seed)
    made = mixture(job) if job.train.parts else course(job)
    bf16 = use_bf16(recipe.precision, working_device())
    trainer = _StageTrainer(
        job,
        made,
        args=_arguments(job, recipe, bf16, pieces),
        callbacks=[_Attendant(job.log), Saver(job), *_patience(recipe)],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    started, checkpoint = time.monotonic(), begun(job)
    if pieces > 1:
        job.log({"message": f"too little memory: {recipe.batch_size // pieces} of {recipe.batch_size} inputs at once"})
    trainer.train(resume_from_checkpoint=checkpoint)
    _check_finite(trainer.model)
    for part in (made.kept, made.tokenizer):
        part.save_pretrained(job.folder / "model")
    return {
        "rows": made.rows,
        **({"parts": made.parts} if made.parts else {}),
        "inputs": len(made.train),
        "steps": trainer.state.global_step,
        "pieces": pieces,
        "dev": trainer.state.best_metric,
        "precision": "bf16" if bf16 else "fp32",
        "train_seconds": round(time.monotonic() - started, 3),
    }


class _StageTrainer(Trainer):
    """The Trainer, with batches that really group by length, and the kind's own dev score."""

    def __init__(self, job: TrainJob, made: Course, **options: Any) -> None:
        super().__init__(
            model=made.model,
            train_dataset=made.train,
            eval_dataset=made.train if made.look else None,  # the Trainer asks for one; made.look has the dev set
            data_collator=made.collate,
            processing_class=made.tokenizer,
            **options,
        )
        self.job, self.made = job, made
        self.losses: dict[str, list[Any]] = {}
        self.model_accepts_loss_kwargs = False  # the heads' word for it would have pieces of a batch not averaged

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return self.made.sampler(size, self.args.seed)

    def compute_loss(self, model: Any, inputs: Any, *rest: Any, **options: Any) -> Any:
        """The loss, noted by task where there are several."""
        found = super().compute_loss(model, inputs, *rest, **options)
        if "task" in inputs:
            self.losses.setdefault(inputs["task"], []).append(found.detach())
        return found

    def log(self, logs: dict[str, float], *rest: Any) -> None:
        """Add the mean loss of each task since the last time."""
        if "loss" in logs and self.losses:
            means: Any = {name: float(torch.stack(values).mean()) for name, values in self.losses.items()}
            logs["losses"] = means
            self.losses = {}
        super().log(logs, *rest)

    def _init_training_state(self, max_steps: int, steps: int, epochs: int, *rest: Any) -> tuple[int, int]:
        """Where to go on; a training whose last step was saved has nothing left, even within an epoch."""
        begin: tuple[int, int] = super()._init_training_state(max_steps, steps, epochs, *rest)
        return (epochs, 0) if self.state.global_step >= max_steps else begin

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score the dev set as the test set will be scored; the task's metric counts."""
        assert self.made.look
        found = self.made.look(self.model)
        metrics = {f"eval_{name}": value for name, value in found.items()}
        metrics["eval_score"] = next(iter(found.values()))
        self.job.log({"step": self.state.global_step, "steps": self.state.max_steps, "dev": found})
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class _Attendant(TrainerCallback):
    """Hands the Trainer's log lines on, and freed memory back."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        if logs and "loss" in logs:
            where = {"step": state.global_step, "steps": state.max_steps, "epoch": state.epoch}
            parts = {"losses": logs["losses"]} if "losses" in logs else {}
            self.log(where | {name: float(logs[name]) for name in LOGGED if name in logs} | parts)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % memory.EVERY == 0:
            memory.trim()


def _patience(recipe: Learning) -> list[TrainerCallback]:
    wanted = recipe.patience and recipe.select != "last"
    return [EarlyStoppingCallback(recipe.patience)] if wanted else []


def _arguments(job: TrainJob, recipe: Learning, bf16: bool, pieces: int = 1) -> TrainingArguments:
    look = recipe.select != "last"
    when: Any = "no" if not look else "steps" if recipe.eval_every else "epoch"
    return TrainingArguments(
        output_dir=str(job.checkpoints.folder),
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size // pieces,
        gradient_accumulation_steps=pieces,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip,
        lr_scheduler_type="linear",
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=job.stage.inputs.seed or 0,
        eval_strategy=when,
        eval_steps=recipe.eval_every or None,
        save_strategy="best" if look else "no",
        load_best_model_at_end=look,
        metric_for_best_model="score" if look else None,
        greater_is_better=True if look else None,
        restore_callback_states_from_checkpoint=True,
        logging_steps=10,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
    )


def _check_finite(model: Any) -> None:
    if not all(torch.isfinite(weight).all() for weight in model.parameters()):
        raise StageError(
            "The training diverged: some weights are not finite.",
            todo="Lower the learning rate, e.g. --set TASK.learning_rate=1e-5.",
        )
