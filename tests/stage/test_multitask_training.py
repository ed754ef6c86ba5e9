"""Several tasks learnt together: heads, losses, selection, what is handed on, and going on after a kill."""

import dataclasses

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file, save_file

from helpers.changes import Changing
from helpers.outcomes import kill, same, weights
from xh.kinds.supervised import MultiTask
from xh.model.weights import load_body
from xh.spec import Files, Hub, MultiTaskTraining, TaskSpec
from xh.spec.examples import Examples
from xh.training.method import Method
from xh.training.multitask import multitask_setup
from xh.training.trainer import train

DATA = Files(("{split}.jsonl",), {"train": "train", "dev": "dev"})
ENGLISH = {"roles": ("intermediate",), "languages": ("en",), "metric": "accuracy"}
MOOD = TaskSpec(name="mood", kind="classify", data=DATA, labels=("good", "bad"), **ENGLISH)
MORE = TaskSpec(name="more", kind="classify", data=DATA, labels=("good", "bad"), **ENGLISH)
SIZE = TaskSpec(name="size", kind="classify", data=DATA, labels=("short", "long", "none"), **ENGLISH)
TEXT = TaskSpec(name="text", kind="mlm", data=Hub("org/text", "main", {"train": "all", "dev": "all"}), **ENGLISH)
PARTS = {
    "mood": {"max_length": 32},
    "more": {"max_length": 32},
    "size": {"max_length": 32},
    "text": {"max_length": 32, "lines": 50, "temperature": 1.0},
}


def mixed(worker, *tasks, name="job", seed=1, **recipe):
    mix = TaskSpec(
        name="+".join(task.name for task in tasks), kind="mixture", data=(), parts=tasks, **ENGLISH | {"metric": "mean"}
    )
    job = worker.job(name, seed)
    parts = {task.name: PARTS[task.name] for task in tasks}
    values = {"learning_rate": 1e-2, "batch_size": 8, "epochs": 2, "precision": "fp32", "parts": parts} | recipe
    data = {f"{task.name}/{split}/en": "" for task in tasks for split in ("train", "dev")}
    inputs = replace(job.stage.inputs, tasks={"train": mix, "dev": mix}, data=data)

    def load(task, split, lang):
        if task.kind == "mlm":
            return Examples(
                {"text": [f"line {split} {i} of text" for i in range(60 if split == "train" else 9)]}, "", lang
            )
        return worker.rows[split]

    stage = replace(job.stage, task=mix.name, inputs=inputs)
    return replace(job, stage=stage, kind=MultiTask(), recipe=MultiTaskTraining(**values), load=load)


def test_all_tasks_are_learnt_on_one_body_and_the_mean_is_told(worker):
    facts = train(mixed(worker, MOOD, SIZE, epochs=8))
    assert facts["rows"] == {"train": 80, "dev": 24}
    assert facts["parts"] == {"mood": {"train": 40, "dev": 12}, "size": {"train": 40, "dev": 12}}
    looks = [entry["dev"] for entry in worker.log if "dev" in entry]
    assert list(looks[-1]) == ["mean", "mood.accuracy", "size.accuracy"]
    assert looks[-1]["mean"] == pytest.approx((looks[-1]["mood.accuracy"] + looks[-1]["size.accuracy"]) / 2)
    assert facts["dev"] == max(look["mean"] for look in looks) > 90


def test_the_log_has_the_loss_of_each_task(worker):
    train(mixed(worker, MOOD, TEXT, epochs=4))
    entries = [entry for entry in worker.log if "loss" in entry]
    assert entries and all(entry["losses"].keys() == {"mood", "text"} for entry in entries)
    assert all(entry["losses"]["text"] > entry["losses"]["mood"] for entry in entries)
    parts = [entry["losses"].values() for entry in entries]
    assert all(min(each) <= entry["loss"] <= max(each) for entry, each in zip(entries, parts, strict=True))


def test_tasks_of_one_kind_with_the_same_labels_share_a_head(worker):
    model = multitask_setup(mixed(worker, MOOD, MORE, SIZE)).model
    assert model.of("mood") is model.of("more")
    assert model.of("mood") is not model.of("size")
    assert model.of("mood").base_model is model.of("size").base_model


def test_the_body_alone_is_handed_on_and_is_taken_strictly(worker):
    job = mixed(worker, MOOD, TEXT, epochs=1)
    train(job)
    assert not [name for name in weights(job) if "head" in name or "classifier" in name]
    body, _ = load_body(job.folder / "model")
    start, _ = load_body(worker.start)
    assert not torch.equal(body.embeddings.word_embeddings.weight, start.embeddings.word_embeddings.weight)


def test_a_multi_task_model_saves_each_weight_once_and_takes_it_back(worker, tmp_path):
    one, two = (multitask_setup(mixed(worker, MOOD, TEXT, name=name)).model for name in ("one", "two"))
    with torch.no_grad():
        for weight in one.parameters():
            weight.add_(1.0)
    save_file(one.state_dict(), tmp_path / "weights.safetensors")
    two.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert all(map(torch.equal, one.parameters(), two.parameters()))
    assert torch.equal(two.of("text").get_output_embeddings().weight, two.body.embeddings.word_embeddings.weight)


def test_the_best_mean_is_kept(worker):
    seen, scores = [], {"mood": iter([20.0, 80.0, 100.0]), "size": iter([10.0, 100.0, 20.0])}

    def script(setup, job):
        def evaluate(model):
            if job.train.name == "mood":
                seen.append({name: weight.clone() for name, weight in model.base_model.state_dict().items()})
            return {"accuracy": next(scores[job.train.name])}

        setup.dev_evaluators = {"english-dev": evaluate}

    worker.methods = (Changing(script),)
    job = mixed(worker, MOOD, SIZE, epochs=3)
    assert train(job)["dev"] == 90
    assert same(weights(job), seen[1])
    assert not same(weights(job), seen[2])


@pytest.mark.parametrize("step", [3, 14])
def test_a_killed_mixture_comes_to_the_same(worker, step):
    whole = mixed(worker, MOOD, TEXT, name="whole")
    steps = train(whole)["steps"]
    assert steps > 15
    job = mixed(worker, MOOD, TEXT, name="killed")
    kill(job, step)
    assert train(job)["steps"] == steps
    assert same(weights(job), weights(whole))


def test_a_seed_gives_the_same_weights_again_and_another_seed_others(worker):
    jobs = [mixed(worker, MOOD, TEXT, name=name, seed=seed) for name, seed in (("one", 1), ("again", 1), ("two", 2))]
    for job in jobs:
        train(job)
    one, again, two = map(weights, jobs)
    assert same(one, again)
    assert not same(one, two)


class Shouting(Method):
    """Other examples in each epoch, and a look at each loss."""

    def examples(self, examples, epoch, job):
        column = "text" if "text" in examples.columns else "text_a"
        draw = self.random(job, epoch)
        texts = [text.upper() if draw.random() < 0.5 else text for text in examples[column]]
        return dataclasses.replace(examples, columns=examples.columns | {column: texts})

    def setup(self, setup, job):
        before, self.seen = setup.loss, getattr(self, "seen", [])

        def loss(model, inputs):
            self.seen.append(job.train.name)
            return before(model, inputs)

        setup.loss = loss
        return setup


@pytest.mark.parametrize("step", [3, 14])
def test_a_method_is_applied_to_every_task_and_a_killed_training_comes_to_the_same(worker, step):
    plain = mixed(worker, MOOD, TEXT, name="plain")
    train(plain)
    worker.methods = (Shouting("test:shouting", None),)
    whole = mixed(worker, MOOD, TEXT, name="whole")
    steps = train(whole)["steps"]
    assert len(worker.methods[0].seen) == steps
    assert {*worker.methods[0].seen} == {"mood", "text"}
    assert not same(weights(whole), weights(plain))
    job = mixed(worker, MOOD, TEXT, name="killed")
    kill(job, step)
    assert train(job)["steps"] == steps
    assert same(weights(job), weights(whole))
