"""Fine-tuning: what of the recipe arrives, which weights are kept, what is the same again."""

import pytest
import torch
from msgspec.structs import replace

from helpers.changes import Scripted, before_dev_evaluations
from helpers.outcomes import same, weights
from helpers.tiny_encoders import change_weights
from xh.spec import StageError, Training
from xh.spec.examples import Features
from xh.training import trainer
from xh.training.trainer import train, training_arguments

HEAD = "classifier.out_proj.weight"


def test_a_small_task_is_learnt_and_the_facts_are_told(worker):
    facts = train(worker.job(epochs=8))
    assert facts["dev"] > 90
    assert facts["rows"] == {"train": 40, "dev": 12}
    assert (facts["inputs"], facts["steps"], facts["precision"]) == (40, 40, "fp32")


def test_the_model_is_an_ordinary_folder_without_pickles(worker):
    job = worker.job(epochs=1)
    train(job)
    found = {path.name for path in (job.folder / "model").iterdir()}
    assert found == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def test_the_log_has_the_loss_and_every_look(worker):
    train(worker.job(epochs=4))
    losses = [entry for entry in worker.log if "loss" in entry]
    assert [entry["step"] for entry in losses] == [10, 20]
    assert [entry["step"] for entry in worker.log if "dev" in entry] == [5, 10, 15, 20]
    assert all(entry["dev"].keys() == {"accuracy"} for entry in worker.log if "dev" in entry)


def test_a_seed_gives_the_same_weights_again_and_another_seed_others(worker):
    jobs = [worker.job(name, seed, epochs=2) for name, seed in (("one", 1), ("again", 1), ("two", 2))]
    for job in jobs:
        train(job)
    one, again, two = map(weights, jobs)
    assert same(one, again)
    assert not same(one, two)


def test_the_recipe_arrives(worker):
    job = worker.job(learning_rate=3e-3, epochs=2.5, batch_size=5, warmup=0.2, weight_decay=0.01, clip=0.5, seed=7)
    arguments = training_arguments(job, bf16=False)
    assert arguments.learning_rate == 3e-3
    assert arguments.num_train_epochs == 2.5
    assert arguments.train_batch_size == 5
    assert (arguments.weight_decay, arguments.max_grad_norm, arguments.seed) == (0.01, 0.5, 7)
    assert (arguments.get_warmup_steps(100), arguments.lr_scheduler_type) == (20, "linear")
    assert training_arguments(replace(job, recipe=Training(warmup=15)), bf16=False).get_warmup_steps(100) == 15


def test_one_process_uses_one_gpu_of_several(worker, monkeypatch):
    """The Trainer would use all, each for a batch of that size."""

    class Arguments(trainer.TrainingArguments):
        @property
        def _setup_devices(self):
            self._n_gpu = 4
            return torch.device("cpu")

    monkeypatch.setattr(trainer, "TrainingArguments", Arguments)
    job = worker.job(batch_size=5)
    assert training_arguments(job, bf16=False).train_batch_size == 5


def test_the_learning_rate_rises_and_falls_as_the_recipe_says(worker):
    train(worker.job(learning_rate=1e-2, warmup=10, epochs=6))
    rates = [entry["learning_rate"] for entry in worker.log if "loss" in entry]
    assert rates == pytest.approx([1e-2 * 9 / 10, 1e-2 * 11 / 20, 1e-2 * 1 / 20])


def script_looks(worker, *values):
    """Have the dev evaluations give these scores; the list that is returned gets the weights at each of them."""
    seen = []

    def note(model):
        seen.append({name: weight.clone() for name, weight in model.state_dict().items()})

    worker.kind, worker.methods = Scripted(any=iter(values)), (before_dev_evaluations(note),)
    return seen


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_the_best_look_is_kept(worker, kept):
    seen = script_looks(worker, *(90.0 if number == kept else 10.0 for number in range(3)))
    job = worker.job(epochs=3)
    assert train(job)["dev"] == 90
    assert len(seen) == 3
    assert same(weights(job), seen[kept])
    assert not same(weights(job), seen[kept - 1])


def test_of_equal_looks_the_first_is_kept(worker):
    seen = script_looks(worker, 50.0, 50.0, 50.0)
    job = worker.job(epochs=3)
    train(job)
    assert same(weights(job), seen[0])


def test_last_keeps_the_last_weights_and_never_looks(worker):
    script_looks(worker)
    del worker.rows["dev"]
    job = worker.job(epochs=2, select="last")
    facts = train(job)
    assert (facts["dev"], facts["rows"], facts["steps"]) == (None, {"train": 40}, 10)


def test_last_is_what_english_dev_gives_where_the_last_look_is_best(worker):
    script_looks(worker, 10.0, 20.0)
    jobs = [worker.job("look", epochs=2), worker.job("last", epochs=2, select="last")]
    for job in jobs:
        train(job)
    assert same(*map(weights, jobs))


def test_looks_come_every_so_many_steps_and_at_the_end(worker):
    script_looks(worker, 1.0, 2.0, 3.0, 4.0)
    train(worker.job(epochs=2, eval_every=3))
    assert [entry["step"] for entry in worker.log if "dev" in entry] == [3, 6, 9, 10]


def test_a_training_shorter_than_the_first_look_is_looked_at_in_the_end(worker):
    assert train(worker.job(eval_every=1000))["dev"] is not None
    assert train(worker.job("half", epochs=0.5))["dev"] is not None
    assert [entry["step"] for entry in worker.log if "dev" in entry] == [5, 3]


def test_batches_are_grouped_and_each_epoch_has_its_own_order(worker, monkeypatch):
    drawn = []
    get = Features.__getitem__

    def noting(self, index):
        drawn.extend([index] if "labels" in self.columns else [])
        return get(self, index)

    monkeypatch.setattr(Features, "__getitem__", noting)
    train(worker.job(epochs=2, select="last"))
    first, second = drawn[:40], drawn[40:]
    assert sorted(first) == sorted(second) == list(range(40))
    assert first != second
    sizes = [len(text.split()) for text in worker.rows["train"]["text_a"]]
    spread = [max(sizes[i] for i in batch) - min(sizes[i] for i in batch) for batch in (first[:8], first[8:16])]
    assert max(spread) < (max(sizes) - min(sizes)) / 2


def test_training_in_bf16_keeps_weights_in_float32(worker):
    job = worker.job(epochs=6, precision="bf16")
    facts = train(job)
    assert facts["precision"] == "bf16"
    assert facts["dev"] > 90
    assert {weight.dtype for weight in weights(job).values()} == {torch.float32}


def test_a_training_that_diverges_is_an_error(worker, encoders, tmp_path):
    def spoil(weights):
        weights["roberta.encoder.layer.0.output.dense.bias"][:1] = 3e38  # finite, until it is squared

    worker.start = change_weights(encoders, tmp_path, spoil)
    job = worker.job()
    with pytest.raises(StageError, match="diverged") as caught:
        train(job)
    assert "learning_rate" in caught.value.todo
    assert not (job.folder / "model").exists()


OWN_METRIC = """
def share_of_good(predictions, references):
    assert len(predictions) == len(references) == 12
    return 100 * references.count("good") / 4
"""


def test_a_metric_of_ones_own_counts_as_the_main_one(worker, tmp_path, monkeypatch):
    (tmp_path / "moods_metric.py").write_text(OWN_METRIC)
    monkeypatch.syspath_prepend(tmp_path)
    task = replace(worker.job().train, metric="moods_metric:share_of_good")
    job = worker.job("own", task=task)
    assert train(job)["dev"] == 150
    assert list(worker.log[-1]["dev"]) == ["share_of_good", "accuracy"]
