"""Multi-task training: several tasks learnt together, on one body, with a head each, every batch of one task."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

import torch
from msgspec.structs import replace
from torch.utils.data import Dataset

from xh.kinds.base import Scores
from xh.kinds.supervised import trained_kind
from xh.model.once import OnceStored
from xh.spec import Learning, TaskSpec
from xh.spec.kinds import facts, typed
from xh.stage.job import TrainJob
from xh.training.multitask_sampler import MultiTaskSampler, shares
from xh.training.setup import Loss, TrainingSetup, training_setup


def multitask_setup(job: TrainJob) -> TrainingSetup:
    """A training on the parts of a mixture: the mean of their dev scores selects, the body alone is handed on."""
    parts = {part.name: training_setup(_part_job(job, part)) for part in job.train.parts}
    model = MultiTaskModel({name: part.model for name, part in parts.items()}, _heads(job.train.parts))
    data = MultiTaskDataset({name: part.train for name, part in parts.items()})
    text = [facts(part.kind).text for part in job.train.parts]

    def sampler(batch_size: int, seed: int) -> MultiTaskSampler:
        lengths = [part.train.lengths for part in parts.values()]
        steps = shares([len(each) for each in lengths], text, job.recipe, batch_size)
        return MultiTaskSampler(lengths, steps, batch_size, seed)

    return TrainingSetup(
        model=model,
        tokenizer=next(iter(parts.values())).tokenizer,
        train=data,
        collate=_collator({name: part.collate for name, part in parts.items()}),
        dev_evaluators={"english-dev": _dev_evaluator(model, parts)} if job.recipe.evaluates_dev else {},
        rows={split: sum(part.rows[split] for part in parts.values()) for split in next(iter(parts.values())).rows},
        sampler=sampler,
        kept=model.body,
        parts={name: part.rows for name, part in parts.items()},
        loss=_loss({name: part.loss for name, part in parts.items()}),
        callbacks=[callback for part in parts.values() for callback in part.callbacks],
    )


class MultiTaskModel(OnceStored):
    """Models with heads of their own on the body of one of them; ``heads`` says whose head each task has."""

    def __init__(self, models: dict[str, Any], heads: dict[str, str]) -> None:
        super().__init__()
        self.owner = heads
        self.body = max((model.base_model for model in models.values()), key=_size)
        owners = {_key(name): models[name] for name in heads.values()}
        for model in owners.values():
            setattr(model, model.base_model_prefix, self.body)
            model.tie_weights()
        self.models = torch.nn.ModuleDict(owners)

    def of(self, task: str) -> Any:
        """The model with this task's head."""
        return self.models[_key(self.owner[task])]

    def forward(self, task: str, inputs: dict[str, torch.Tensor]) -> Any:
        """The outputs of the task's head, the loss first."""
        return self.of(task)(**inputs)


class MultiTaskDataset(Dataset[tuple[str, dict[str, Any]]]):
    """The inputs of all tasks one after the other, each with the name of its task."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.index = [(name, number) for name, part in parts.items() for number in range(len(part))]
        self.parts = parts

    def set_epoch(self, epoch: int) -> None:
        """Have those inputs that are others in each epoch be this one's."""
        for part in self.parts.values():
            if hasattr(part, "set_epoch"):
                part.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: int) -> tuple[str, dict[str, Any]]:
        name, number = self.index[index]
        return name, self.parts[name][number]


def _part_job(job: TrainJob, part: TaskSpec) -> TrainJob:
    """What a part would be given if it were learnt alone, with the mixture's settings of training."""
    shared = {name: getattr(job.recipe, name) for name in Learning.__struct_fields__}
    values = shared | job.recipe.parts[part.name]
    inputs = replace(job.stage.inputs, tasks={"train": part, "dev": part})
    stage = replace(job.stage, inputs=inputs)
    return replace(job, stage=stage, kind=trained_kind(part), recipe=typed(part.kind, values, values))


def _heads(parts: Sequence[TaskSpec]) -> dict[str, str]:
    """Whose head each task has: the first task's that has the same kind and the same labels."""
    first: dict[Any, str] = {}
    return {part.name: first.setdefault((part.kind, part.labels or part.name), part.name) for part in parts}


def _collator(collators: dict[str, Callable[[Sequence[Any]], dict[str, Any]]]) -> Callable[[Sequence[Any]], Any]:
    def collate(rows: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        (task,) = {name for name, _ in rows}
        return {"task": task, "inputs": collators[task]([row for _, row in rows])}

    return collate


def _loss(losses: dict[str, Loss]) -> Loss:
    """Each task's own loss, of the multi-task model with that task's head."""

    def loss(model: Any, batch: dict[str, Any]) -> torch.Tensor:
        task = batch["task"]
        return losses[task](lambda **inputs: model(task=task, inputs=inputs), batch["inputs"])

    return loss


def _dev_evaluator(multitask: MultiTaskModel, parts: dict[str, TrainingSetup]) -> Callable[[Any], Scores]:
    def evaluate(model: Any) -> Scores:
        found = {name: part.dev_evaluators["english-dev"](multitask.of(name)) for name, part in parts.items()}
        mean = fmean(next(iter(scores.values())) for scores in found.values())
        each = {f"{task}.{metric}": value for task, scores in found.items() for metric, value in scores.items()}
        return {"mean": mean, **each}

    return evaluate


def _size(body: Any) -> int:
    return sum(weight.numel() for weight in body.parameters())


def _key(name: str) -> str:
    return name.replace(".", "_")
