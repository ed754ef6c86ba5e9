"""Continued masked language modelling: whose head it goes on with, and what the next stage gets."""

import torch
from msgspec.structs import replace
from safetensors.torch import load_file

from xh.kinds.mlm import MaskedLM
from xh.model.weights import load_body
from xh.spec import Hub, TaskSpec, TextTraining
from xh.spec.examples import Examples
from xh.training.trainer import train

TASK = TaskSpec(
    name="text", kind="mlm", roles=("intermediate",), languages=("en", "de"), metric="accuracy",
    data=Hub("org/text", "main", {"train": "train", "dev": "train"}, config="{lang}"),
)  # fmt: skip


def text_job(worker, name="job", **recipe):
    job = worker.job(name)
    values = {"learning_rate": 1e-6, "max_length": 32, "batch_size": 4, "precision": "fp32"} | recipe
    read = dict.fromkeys(("text/train/de", "text/train/en", "text/dev/de", "text/dev/en"), "")
    inputs = replace(job.stage.inputs, tasks={"train": TASK, "dev": TASK}, languages=("de", "en"), data=read)

    def load(task, split, lang):
        count = 40 if split == "train" else 8
        return Examples(
            {"text": [f"{lang} says {split} {i} times" for i in range(count)]}, f"text {split} {lang}", lang
        )

    stage = replace(job.stage, task="text", inputs=inputs)
    return replace(job, stage=stage, kind=MaskedLM(), recipe=TextTraining(**values), load=load)


def head(folder):
    return {name: weight for name, weight in load_file(folder / "model.safetensors").items() if "lm_head" in name}


def test_the_encoders_own_head_is_continued(worker):
    job = text_job(worker)
    facts = train(job)
    assert facts["rows"] == {"train": 80, "dev": 16}
    assert facts["inputs"] < 80
    before, after = head(worker.start), head(job.folder / "model")
    assert before.keys() == after.keys() and before
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)
    assert not [entry for entry in worker.log if "message" in entry]
    assert worker.log[-1]["dev"].keys() == {"accuracy", "loss", "perplexity"}


def test_an_encoder_without_a_head_gets_a_new_one_and_the_log_says_so(worker, encoders):
    worker.start = encoders["AutoModel"]
    job = text_job(worker)
    train(job)
    assert [entry["message"] for entry in worker.log if "message" in entry] == [
        "The encoder has no head of this kind: a new one is trained."
    ]
    assert head(job.folder / "model")


def test_the_next_stage_takes_the_body_strictly_and_it_has_learnt(worker):
    job = text_job(worker, learning_rate=1e-2, epochs=4)
    train(job)
    losses = [entry["dev"]["loss"] for entry in worker.log if "dev" in entry]
    assert losses[-1] < losses[0]
    body, _ = load_body(job.folder / "model")
    trained = load_file(job.folder / "model" / "model.safetensors")
    assert torch.equal(body.embeddings.LayerNorm.weight, trained["roberta.embeddings.LayerNorm.weight"])


def test_a_seed_gives_the_same_weights_again(worker):
    jobs = [text_job(worker, name, learning_rate=1e-3) for name in ("one", "two")]
    for job in jobs:
        train(job)
    one, two = (load_file(job.folder / "model" / "model.safetensors") for job in jobs)
    assert all(torch.equal(one[name], two[name]) for name in one)
