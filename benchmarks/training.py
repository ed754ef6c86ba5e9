"""Training, short pairs and QA windows: ours, and transformers' Trainer in fp32 grouped by length; tokens a CPU second.

python benchmarks/training.py [--model FOLDER_OR_ID] [--steps N]
python benchmarks/training.py --seeds N     dev scores both ways instead: the sample's MNLI and SQuAD, N seeds
"""

import argparse
import logging
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import features
import torch
import transformers
from huggingface_hub import snapshot_download
from rounds import cpu, rounds, table
from transformers import AutoTokenizer, Trainer, TrainingArguments

from xh.kinds.base import kind_of
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.kinds.supervised import forward
from xh.mini import ENCODER
from xh.model.collate import collate
from xh.model.tokenizer import load_tokenizer
from xh.model.weights import load_finetuned, load_for_training
from xh.spec import Hub, Inputs, Locations, Purpose, Recipe, SpanTraining, Stage, TaskSpec, Training
from xh.spec.examples import Examples
from xh.stage.job import TrainJob
from xh.store import Checkpoints
from xh.training.trainer import train

LABEL = Purpose(inter="made", target=None, encoder="e", profile="none", data="made")
DATA = Hub("made/rows", "0" * 40, {"train": "train"})
PAIRS = TaskSpec(
    name="pairs", kind="classify", roles=("intermediate",), languages=("en",), data=DATA, labels=("no", "yes"),
    metric="accuracy",
)  # fmt: skip
WINDOWS = TaskSpec(name="windows", kind="span", roles=("intermediate",), languages=("en",), data=DATA, metric="f1")

Load = Callable[[TaskSpec, str, str], Examples]


def pairs(count: int) -> Examples:
    """Questions of the QA rows, two by two."""
    questions = features.rows()["question"]
    columns = {"text_a": questions[:count], "text_b": questions[::-1][:count], "label": [i % 2 for i in range(count)]}
    return Examples(columns, "made rows")


def windows(count: int) -> Examples:
    return Examples({name: values[:count] for name, values in features.rows().items()}, "made rows")


def job(folder: str, start: Path, task: TaskSpec, recipe: Recipe, load: Load, seed: int = 1) -> TrainJob:
    inputs = Inputs(
        phase="intermediate", encoder="e", tasks={"train": task, "dev": task}, languages=("en",),
        data={f"{task.name}/train/en": "", f"{task.name}/dev/en": ""}, recipe={}, seed=seed,
    )  # fmt: skip
    return TrainJob(
        stage=Stage(task=task.name, inputs=inputs, purpose=LABEL), locations=Locations(store=""),
        kind=kind_of(task), recipe=recipe, start=start, folder=Path(folder), load=load, log=lambda _: None,
        checkpoints=Checkpoints(Path(folder) / "checkpoints", {}),
    )  # fmt: skip


def plain(made: TrainJob) -> Any:
    """What a user writes: the same features in the Trainer, grouped by length, fp32; returns the model."""
    recipe, kind, seed = made.recipe, made.kind, made.stage.inputs.seed
    transformers.set_seed(seed)
    model, tokenizer = load_for_training(made.start, partial(kind.build_model, task=made.train))
    inputs = kind.features(made.load(made.train, "train", "en"), tokenizer, recipe, train=True)
    options = TrainingArguments(
        output_dir=str(made.folder), per_device_train_batch_size=recipe.batch_size, num_train_epochs=recipe.epochs,
        learning_rate=recipe.learning_rate, warmup_steps=recipe.warmup, seed=seed, save_strategy="no",
        train_sampling_strategy="group_by_length", report_to="none", use_cpu=True, disable_tqdm=True,
        remove_unused_columns=False,
    )  # fmt: skip
    trainer = Trainer(model, options, data_collator=partial(collate, tokenizer), train_dataset=inputs)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    return model


def ours(made: TrainJob) -> Any:
    train(made)
    return load_finetuned(made.folder / "model", made.kind.head, partial(made.kind.build_model, task=made.train))[0]


def dev_score(made: TrainJob, model: Any) -> float:
    kind, recipe, tokenizer = made.kind, made.recipe, load_tokenizer(made.start)
    dev = made.load(made.dev, "dev", "en")
    features = kind.features(dev, tokenizer, recipe, train=False)
    outputs = forward(kind, model, tokenizer, features, recipe)
    return next(iter(kind.score(kind.decode(outputs, features, dev, recipe, made.dev), dev, made.dev).values()))


spent = 0.0


def timed(train: Callable[..., Any]) -> Callable[..., Any]:
    """The Trainer's loop alone, without loading and saving; its CPU seconds go to ``spent``."""

    def measured(*arguments: Any, **options: Any) -> Any:
        global spent
        start = cpu()
        found = train(*arguments, **options)
        spent += cpu() - start
        return found

    return measured


def speed(start: Path, steps: int) -> None:
    Trainer.train = timed(Trainer.train)
    tokenizer = AutoTokenizer.from_pretrained(start)
    for name, task, kind, recipe, examples in (
        ("short pairs", PAIRS, Classify(), Training(batch_size=32, epochs=1, select="last"), pairs(32 * steps)),
        ("QA windows", WINDOWS, Span(), SpanTraining(batch_size=8, epochs=1, select="last"), windows(8 * steps)),
    ):
        tokens = sum(kind.features(examples, tokenizer, recipe, train=True).lengths)
        with tempfile.TemporaryDirectory() as folder:
            made = job(folder, start, task, recipe, lambda *_, examples=examples: examples)
            work = {
                "ours": partial(train, made),
                "the Trainer, grouped by length, fp32": partial(plain, made),
            }
            costs = rounds(work, clock=lambda: spent)
        table(f"training, {name}", costs, tokens, "tokens a CPU-s")


def scores(start: Path, seeds: int) -> None:
    """Mean and deviation of the dev score over the seeds, after training on all rows of the sample."""
    from xh.data.places import Places, reading
    from xh.plugins.registry import registry
    from xh.stage.load import load_examples

    known = registry()
    load = partial(load_examples, known, reading(Places("sample"), known))
    for name, recipe in (
        ("mnli", Training(learning_rate=3e-4, epochs=4, select="last")),
        ("squad", SpanTraining(learning_rate=1e-4, epochs=4, batch_size=8, select="last")),
    ):
        found: dict[str, list[float]] = {}
        for seed in range(1, seeds + 1):
            for way in (ours, plain):
                with tempfile.TemporaryDirectory() as folder:
                    made = job(folder, start, known.task(name), recipe, load, seed)
                    found.setdefault(way.__name__, []).append(dev_score(made, way(made)))
        for way, values in found.items():
            print(f"{name}, {way}: {mean(values):.1f} ± {stdev(values):.1f}, {values}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ENCODER))
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--seeds", type=int)
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    start = Path(args.model) if Path(args.model).is_dir() else Path(snapshot_download(args.model))
    if args.seeds:
        scores(start, args.seeds)
    else:
        speed(start, args.steps)


if __name__ == "__main__":
    main()
