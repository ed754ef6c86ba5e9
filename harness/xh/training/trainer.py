"""Fine-tuning: transformers' Trainer, with our batches and our dev evaluation."""

import math
import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
import transformers
from msgspec.structs import replace
from torch.utils.data import DataLoader
from transformers import TrainerCallback, TrainingArguments

from xh.kinds.supervised import trained_kind
from xh.model import memory, packing
from xh.model.adapters import adapters_of, merged
from xh.model.body import body_of
from xh.model.precision import taken, working_device
from xh.model.shrunk import shrink
from xh.model.tokenizer import unused
from xh.spec import StageError
from xh.stage.job import Log, TrainJob
from xh.training import sharding
from xh.training.distributed import broadcast, distribute
from xh.training.epochs import in_epochs
from xh.training.multitask import multitask_setup
from xh.training.resume import Saver, begun, checkpoint_of
from xh.training.sampler import Parts, Weighted
from xh.training.selection import DevEvaluation, ended, select_checkpoints
from xh.training.setup import TrainingSetup, training_setup
from xh.training.transformers_internals import InternalsTrainer, on_device, remember, use_one_gpu

LOGGED = ("loss", "learning_rate", "grad_norm")
OPTIMIZERS = {"adamw": "adamw_torch_fused", "adamw_8bit": "adamw_bnb_8bit"}


def train(job: TrainJob) -> dict[str, Any]:
    """Fine-tune with the recipe; keep the checkpoint that its policy selects, and others' where they are compared.

    Where memory runs out, each batch is cut into more pieces whose gradients are added up, and the training goes on;
    in the end, with single inputs, layers are computed twice in place of keeping what they gave.
    """
    if job.recipe.weights == "bf16":
        job = _with(job, precision="bf16")  # or the heads' weights, which stay in fp32, would meet others
    processes = job.locations.processes
    attempts = [(job, pieces) for pieces in memory.pieces(math.ceil(job.recipe.batch_size / processes))]
    if not job.recipe.activation_checkpointing:
        attempts.append((_with(job, activation_checkpointing=True), attempts[-1][1]))
    for tried, pieces in attempts:
        work = partial(train_in_pieces, pieces=pieces)
        try:
            return distribute(work, tried) if processes > 1 else work(tried)
        except RuntimeError as error:
            if not memory.exhausted(error):
                raise
        memory.release()
    raise StageError(
        "There is too little memory for a single input.",
        todo="Lower max_length, use --set TASK.adapter=lora, or take a smaller model.",
    )


def _with(job: TrainJob, **settings: Any) -> TrainJob:
    return replace(job, recipe=replace(job.recipe, **settings))


def train_in_pieces(job: TrainJob, pieces: int) -> dict[str, Any]:
    """A training in this process, with every batch cut into so many pieces."""
    recipe = job.recipe
    memory.forget_peak()
    transformers.set_seed(job.stage.inputs.seed)
    made = multitask_setup(job) if job.train.parts else training_setup(job)
    precision = broadcast(lambda: taken(recipe.precision, working_device()))
    packed = _packed(job, made)
    whole_batches = job.kind.whole_batches
    arguments = training_arguments(job, precision == "bf16", 1 if whole_batches else pieces)
    shards = sharded(made, recipe) if sharding.needed(made.model) else None
    trainer = StageTrainer(job, made, arguments, pieces if whole_batches else 1, shards)
    started, checkpoint = time.monotonic(), broadcast(lambda: begun(job))
    if pieces > 1:
        at_once = math.ceil(recipe.batch_size / job.locations.processes / pieces)
        again = ", layers computed again for their gradients" if recipe.activation_checkpointing else ""
        job.log({"message": f"too little memory: {at_once} of {recipe.batch_size} inputs at once{again}"})
    trainer.train(resume_from_checkpoint=checkpoint)
    peak = memory.peak()
    with trainer.whole() as whole:
        policies = broadcast(lambda: _kept(trainer, whole))
    return {
        "rows": made.rows,
        **({"parts": made.parts} if made.parts else {}),
        "inputs": len(made.train),
        "steps": trainer.state.global_step,
        "pieces": pieces,
        "processes": arguments.world_size,
        **({"sharded": True} if shards else {}),
        **({"packed": True} if packed else {}),
        "dev": next(iter(policies[recipe.select]["dev"].get(recipe.select, {}).values()), None),
        "policies": policies,
        "precision": precision,
        "peak_bytes": peak,
        "train_seconds": round(time.monotonic() - started, 3),
    }


def _packed(job: TrainJob, made: TrainingSetup) -> bool:
    """Have batches without padding, where that is wanted and no loss reads it; whether they have none."""
    reads = any(trained_kind(task).reads_padding for task in job.train.parts or (job.train,))
    packed = not reads and packing.pack(body_of(made.kept)) is not None
    if packing.wanted() and not packed:
        job.log({"message": f"{packing.PACK}=1 has no effect here: the batches of this training need their padding"})
    return packed


def sharded(made: TrainingSetup, recipe: Any) -> sharding.Shards:
    """The setup's model, divided among the processes."""
    if made.parts:
        raise StageError(
            "A mixture can't be divided among GPUs.",
            why="Its tasks are evaluated with parts of a model that no process has whole.",
            todo=f"Train with fewer weights (an adapter, a smaller model), or set {sharding.SHARD}=0.",
        )
    if recipe.optimizer != "adamw":
        raise StageError(
            f"optimizer = {recipe.optimizer!r} can't train a model that is divided among GPUs.",
            todo=f"Leave it out, train with fewer weights, or set {sharding.SHARD}=0.",
        )
    return sharding.Shards(made.model, made.kept)


def _kept(trainer: "StageTrainer", whole: sharding.Whole) -> dict[str, Any]:
    """Write the selected model, and what other policies take where that is another; which is where, by policy."""
    job, step = trainer.job, trainer.state.global_step
    taken = select_checkpoints(trainer.state, job.recipe)
    folders: dict[int, str] = {}
    for policy, look in taken.items():
        folders.setdefault(look.step, f"model-{policy}" if folders else "model")
    for each in sorted(folders, key=lambda each: each != step):  # the last weights are there until others are read
        if each != step:
            trainer.load_weights(checkpoint_of(job, each), whole.model)
        _check_finite(whole.model)
        with merged(whole.model):
            whole.kept.save_pretrained(job.folder / folders[each])
        if job.recipe.adapter == "lora" and job.locations.adapters:
            shrink(job.folder / folders[each], job.start, adapters_of(whole.kept), job.recipe.weights)
        unused(trainer.made.tokenizer).save_pretrained(job.folder / folders[each])
    return {policy: {"folder": folders[look.step], **look._asdict()} for policy, look in taken.items()}


class StageTrainer(InternalsTrainer):
    """transformers' Trainer, with batches that really group by length, and the kind's own dev score.

    Whoever wants another loss, dev evaluation or callback changes the :class:`TrainingSetup`. ``pieces``: in how many
    the model itself reads a batch, where its kind wants whole ones.
    """

    def __init__(
        self,
        job: TrainJob,
        made: TrainingSetup,
        arguments: TrainingArguments,
        pieces: int = 1,
        shards: sharding.Shards | None = None,
    ) -> None:
        super().__init__(
            shards=shards,
            model=made.model,
            args=arguments,
            train_dataset=made.train,
            eval_dataset=made.train if made.dev_evaluators else None,  # it asks for one; the evaluators have their own
            data_collator=made.collate,
            processing_class=made.tokenizer,
            callbacks=[_Attendant(job.log), Saver(job), *made.callbacks],
        )
        self.remove_callback(transformers.PrinterCallback)
        self.job, self.made, self.pieces, self.whole_batches = job, made, pieces, job.kind.whole_batches
        self.losses: dict[str, list[Any]] = {}

    def get_train_dataloader(self) -> Any:
        """This process's part of every batch; all of it where it is alone, or the model itself takes a part."""
        size, args = self.job.recipe.batch_size, self.args
        order = in_epochs(self.made.train, partial(self.made.sampler, size, args.seed))
        share = (1, 0) if self.whole_batches else (args.world_size, args.process_index)
        parts = Parts(order, size, args.gradient_accumulation_steps, *share)
        options = {"collate_fn": self._collate, "pin_memory": args.dataloader_pin_memory}
        return on_device(DataLoader(Weighted(self.made.train), batch_sampler=parts, **options), args)

    def _collate(self, rows: Any) -> dict[str, Any]:
        inputs, weights = zip(*rows, strict=True)
        return {**self.made.collate(inputs), "weight": weights[0]}

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
        """The setup's loss, noted by task where there are several."""
        weight = inputs.pop("weight")
        if self.whole_batches:
            counts = {"pieces": self.pieces, "processes": self.args.world_size}
            inputs |= {name: count for name, count in counts.items() if count > 1}
        found = weight * self.made.loss(model, inputs)
        if "task" in inputs:
            self.losses.setdefault(inputs["task"], []).append(found.detach())
        return found

    def log(self, logs: dict[str, float], *rest: Any) -> None:
        """Add the mean loss of each task since the last time."""
        if "loss" in logs and self.losses:
            own = {name: torch.stack(values).mean() for name, values in self.losses.items()}
            means: Any = {name: float(mean) for name, mean in self.accelerator.reduce(own, "mean").items()}
            logs["losses"] = means
            self.losses = {}
        super().log(logs, *rest)

    def is_over(self, max_steps: int) -> bool:
        """Whether its last step was saved, even within an epoch, or patience had ended it."""
        return super().is_over(max_steps) or ended(self.state, self.job.recipe)

    def whole(self) -> AbstractContextManager[Any]:
        """The model with all its weights, and what is handed on of it: in the first process at least. All must call."""
        return self.shards.whole() if self.shards else nullcontext(sharding.Whole(self.model, self.made.kept))

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score the dev sets as the test set will be scored; save what a policy takes for now."""
        state, recipe = self.state, self.job.recipe
        evaluators = self.made.dev_evaluators.items()
        with self.whole() as whole:
            found = broadcast(
                lambda: DevEvaluation(
                    state.global_step, {policy: evaluate(whole.model) for policy, evaluate in evaluators}
                )
            )
        remember(state, found._asdict())
        first, *others = found.dev.items()
        also = {"others": dict(others)} if others else {}
        self.job.log({"step": state.global_step, "steps": state.max_steps, "dev": first[1], **also})
        if any(
            found.step == look.step for policy, look in select_checkpoints(state, recipe).items() if policy in found.dev
        ):
            self.control.should_save = True
        if ended(state, recipe):
            self.control.should_training_stop = True
        self.control: Any = self.callback_handler.on_evaluate(self.args, state, self.control, {})
        return {}


class _Attendant(TrainerCallback):
    """Hands the Trainer's log lines on, and freed memory back."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.log({"step": state.global_step, "steps": state.max_steps})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        if logs and "loss" in logs:
            where = {"step": state.global_step, "steps": state.max_steps, "epoch": state.epoch}
            parts = {"losses": logs["losses"]} if "losses" in logs else {}
            self.log(where | {name: float(logs[name]) for name in LOGGED if name in logs} | parts)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % memory.EVERY == 0:
            memory.trim()


def training_arguments(job: TrainJob, bf16: bool, pieces: int = 1) -> TrainingArguments:
    """The recipe in the Trainer's words."""
    recipe = job.recipe
    when: Any = "no" if not recipe.evaluates_dev else "steps" if recipe.eval_every else "epoch"
    arguments = TrainingArguments(
        output_dir=str(job.checkpoints.folder),
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=math.ceil(recipe.batch_size / job.locations.processes / pieces),
        gradient_accumulation_steps=pieces,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip,
        lr_scheduler_type="linear",
        optim=OPTIMIZERS[recipe.optimizer],
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=job.stage.inputs.seed or 0,
        eval_strategy=when,
        eval_steps=recipe.eval_every or None,
        save_strategy="no",
        logging_steps=10,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
    )
    use_one_gpu(arguments)
    return arguments


def _check_finite(model: Any) -> None:
    if not all(torch.isfinite(weight).all() for weight in model.parameters()):
        raise StageError(
            "The training diverged: some weights are not finite (NaN or infinite).",
            todo="Lower the learning rate, e.g. --set TASK.learning_rate=1e-5.",
        )
