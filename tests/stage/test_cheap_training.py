"""Adapters, weights in half the width, layers computed again: less memory, the same hand-over."""

from collections import Counter

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file, save_file
from test_multitask_training import MOOD, SIZE, mixed

from helpers.changes import before_losses
from helpers.outcomes import kill, same, told, weights
from helpers.tiny_encoders import CONFIG, save_encoder
from xh.kinds.classify import Classify
from xh.model import adapters
from xh.model.shrunk import restore
from xh.model.weights import load_body, load_finetuned
from xh.spec import Locations, MissingError
from xh.spec.stage import ADAPTER
from xh.training.setup import training_setup
from xh.training.trainer import train

LORA = {"adapter": "lora", "lora_rank": 4, "learning_rate": 1e-2}


def build(job):
    return lambda body: job.kind.build_model(body, job.train)


def test_an_adapter_is_handed_on_within_plain_weights(worker):
    job = worker.job(**LORA, epochs=8)
    facts = train(job)
    assert facts["dev"] > 90
    found = load_file(job.folder / "model" / "model.safetensors")
    before = load_file(worker.start / "model.safetensors")
    assert not any("lora" in name for name in found)
    changed = {name for name in found if name in before and not torch.equal(found[name], before[name])}
    assert changed == {name for name in found if "encoder" in name and found[name].dim() == 2}
    load_body(job.folder / "model")
    model, _ = load_finetuned(job.folder / "model", Classify.head, build(job))
    assert not any(hasattr(each, "get_delta_weight") for each in model.modules())


def test_what_is_merged_gives_what_was_trained(worker):
    made = training_setup(worker.job(**LORA))
    for name, weight in made.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    model = made.model.eval()
    batch = made.collate([made.train[0], made.train[1]])
    adapted = model(**batch).logits
    names = [*model.state_dict()]
    with adapters.merged(model):
        assert torch.allclose(model(**batch).logits, adapted, atol=1e-5)
        assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert [*model.state_dict()] == names and torch.equal(model(**batch).logits, adapted)


def test_only_adapters_and_the_head_are_trained(worker):
    model = training_setup(worker.job(**LORA)).model
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert all("lora_" in name or name.startswith("classifier.") for name in trained)
    assert sum("lora_A" in name for name in trained) == 2 * 6  # layers × linear ones


@pytest.mark.parametrize("recipe", [LORA, LORA | {"weights": "bf16"}, {"weights": "bf16"}], ids=str)
def test_a_killed_training_comes_to_the_same(worker, recipe):
    jobs = [worker.job(name, **recipe, epochs=2) for name in ("undisturbed", "killed")]
    kill(jobs[1], 4)
    facts = [train(job) for job in jobs]
    assert same(*map(weights, jobs)) and told(facts[0]) == told(facts[1])


def test_moments_in_eight_bits_are_saved_as_such(worker, tmp_path):
    pytest.importorskip("bitsandbytes", reason="no 8-bit optimizers: pip install xh[8bit]")
    wide = type(CONFIG)(**CONFIG.to_dict() | {"hidden_size": 32, "intermediate_size": 128})
    worker.start = save_encoder("AutoModel", tmp_path / "wide", wide)
    jobs = [worker.job(name, optimizer="adamw_8bit", epochs=2) for name in ("undisturbed", "killed")]
    kill(jobs[1], 4)
    moments = torch.load(jobs[1].checkpoints.latest() / "optimizer.pt", weights_only=True)["state"].values()
    formats = Counter(each["__bnb_optimizer_quant_state__"]["state1"].dtype for each in moments)
    assert formats[torch.uint8] == 2 * 2, "the feed-forward layers'; others are small, or embeddings"
    facts = [train(job) for job in jobs]
    assert same(*map(weights, jobs)) and told(facts[0]) == told(facts[1])


def test_weights_of_half_the_width_are_trained_and_read_again(worker):
    job = worker.job(weights="bf16", precision="auto", epochs=8)
    assert train(job)["precision"] == "bf16"
    found = load_file(job.folder / "model" / "model.safetensors")
    assert {weight.dtype for name, weight in found.items() if "encoder" in name} == {torch.bfloat16}
    assert {weight.dtype for name, weight in found.items() if "classifier" in name} == {torch.float32}
    model, _ = load_finetuned(job.folder / "model", Classify.head, build(job))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_a_mixture_shares_the_adapters(worker):
    job = mixed(worker, MOOD, SIZE, **LORA)
    train(job)
    found, before = (load_body(folder)[0].state_dict() for folder in (job.folder / "model", worker.start))
    changed = {
        name for name, weight in found.items() if not name.startswith("pooler") and not weight.equal(before[name])
    }
    assert changed == {name for name, weight in found.items() if "encoder" in name and weight.dim() == 2}


def test_layers_that_are_computed_again_learn_the_same(worker):
    jobs = [worker.job(name, activation_checkpointing=on) for name, on in (("plain", False), ("again", True))]
    model = training_setup(jobs[1]).model
    assert any(getattr(each, "gradient_checkpointing", False) for each in model.modules())
    facts = [train(job) for job in jobs]
    assert same(*map(weights, jobs)) and told(facts[0]) == told(facts[1])


def test_where_a_single_input_is_too_much_layers_are_computed_again(worker):
    tried = []

    def try_size(batch):
        tried.append(len(batch["labels"]))
        if len(tried) <= 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    worker.methods = (before_losses(try_size),)
    assert train(worker.job(batch_size=8, **LORA))["pieces"] == 8
    assert tried[:5] == [8, 4, 2, 1, 1]
    text = "too little memory: 1 of 8 inputs at once, layers computed again for their gradients"
    assert {"message": text} in worker.log


def kept_small(job):
    return replace(job, locations=Locations(store="", adapters=True))


@pytest.mark.parametrize("recipe", [LORA, LORA | {"weights": "bf16"}], ids=str)
def test_kept_adapters_give_the_same_files_again(worker, recipe):
    whole, small = worker.job("whole", **recipe), kept_small(worker.job("small", **recipe))
    assert told(train(whole)) == told(train(small))
    folder, again = small.folder / "model", small.folder / "again"
    assert (folder / ADAPTER).exists() and not (folder / "model.safetensors").exists()
    names = set(load_file(folder / ADAPTER))
    assert all(".lora_" in name or name.startswith("classifier") for name in names)
    restore(folder, worker.start, again)
    files = sorted(path.name for path in (whole.folder / "model").iterdir())
    assert sorted(path.name for path in again.iterdir()) == files
    assert all((again / name).read_bytes() == (whole.folder / "model" / name).read_bytes() for name in files)


def test_a_mixtures_adapters_give_its_body_again(worker):
    whole, small = mixed(worker, MOOD, SIZE, **LORA), kept_small(mixed(worker, MOOD, SIZE, **LORA))
    train(whole)
    (whole.folder / "model").rename(whole.folder / "whole")
    train(small)
    restore(small.folder / "model", worker.start, small.folder / "again")
    assert same(*(load_file(small.folder / each / "model.safetensors") for each in ("again", "whole")))


def test_without_adapters_a_model_is_kept_whole(worker):
    job = kept_small(worker.job())
    train(job)
    assert not (job.folder / "model" / ADAPTER).exists()


def test_adapters_without_their_weights_are_an_error(worker, tmp_path):
    job = kept_small(worker.job(**LORA))
    train(job)
    (tmp_path / "other").mkdir()
    save_file({"other.weight": torch.zeros(2)}, tmp_path / "other" / "model.safetensors")
    with pytest.raises(MissingError, match="does not fit the weights"):
        restore(job.folder / "model", tmp_path / "other", tmp_path / "new")
