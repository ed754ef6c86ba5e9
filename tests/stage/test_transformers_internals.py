"""What the training takes of transformers and accelerate beyond their documentation is there, and does what it must."""

import ast
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
import transformers
from packaging.requirements import Requirement
from torch.utils.data import BatchSampler, DataLoader, Sampler
from transformers import Trainer, TrainerState, TrainingArguments
from transformers.utils import import_utils

from xh.model import unused
from xh.spec import StageError
from xh.training import transformers_internals as internals

ROOT = Path(__file__).parents[2]


class Doubling(torch.nn.Module):
    """A regression on one weight; ``**_`` has the Trainer believe that it scales its losses itself."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.seen = []

    def forward(self, x, **_):
        self.seen += x.flatten().tolist()
        return {"loss": (x * self.weight).mean()}


class Numbers(Sampler):
    """The numbers below six; those of another epoch backwards."""

    def __init__(self):
        self.epochs = []

    def set_epoch(self, epoch):
        self.epochs.append(epoch)

    def __len__(self):
        return 6

    def __iter__(self):
        return iter(range(6)[:: -1 if self.epochs[-1] else 1])


class Small(internals.InternalsTrainer):
    over = False

    def get_train_dataloader(self):
        self.numbers = Numbers()
        batches = BatchSampler(self.numbers, 2, drop_last=False)
        return internals.on_device(DataLoader(self.train_dataset, batch_sampler=batches), self.args)

    def is_over(self, max_steps):
        return self.over or super().is_over(max_steps)


def make_trainer(tmp_path, **options):
    """A Trainer of six numbers, three steps an epoch, every step saved."""
    arguments = TrainingArguments(
        output_dir=str(tmp_path), num_train_epochs=2, save_strategy="steps", save_steps=1, logging_steps=1,
        report_to="none", disable_tqdm=True, use_cpu=True, learning_rate=0.1, **options,
    )  # fmt: skip
    return Small(model=Doubling(), args=arguments, train_dataset=[{"x": float(number)} for number in range(6)])


def test_a_loader_gives_every_batch_and_tells_its_sampler_the_epoch(tmp_path):
    trainer = make_trainer(tmp_path)
    trainer.train()
    assert trainer.model.seen == [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0]
    assert list(dict.fromkeys(trainer.numbers.epochs)) == [0, 1]


def test_a_resumed_training_goes_on_within_its_epoch_and_its_sampler_knows_which(tmp_path):
    make_trainer(tmp_path).train()
    trainer = make_trainer(tmp_path)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert trainer.model.seen == [3, 2, 1, 0]
    assert trainer.numbers.epochs[-1] == 1


def test_a_resumed_training_that_is_over_takes_no_step(tmp_path):
    make_trainer(tmp_path).train()
    trainer = make_trainer(tmp_path)
    trainer.over = True
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert (trainer.model.seen, trainer.state.global_step) == ([], 4)


def test_the_weights_of_a_checkpoint_are_loaded(tmp_path):
    trainer = make_trainer(tmp_path)
    trainer.train()
    last = trainer.model.weight.item()
    trainer.load_weights(tmp_path / "checkpoint-2", trainer.model)
    other = trainer.model.weight.item()
    trainer.load_weights(tmp_path / "checkpoint-6", trainer.model)
    assert (trainer.model.weight.item(), other == last) == (last, False)


def test_losses_of_pieces_are_averaged(tmp_path):
    """And not added, as for models that are said to scale them."""
    trainer = make_trainer(tmp_path, gradient_accumulation_steps=3, max_steps=1, max_grad_norm=0.0)
    trainer.train()
    (loss,) = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert loss == pytest.approx(2.5)


def test_one_gpu_is_used_of_several():
    arguments = TrainingArguments(report_to="none", per_device_train_batch_size=5)
    arguments._n_gpu = 4
    assert arguments.train_batch_size == 20
    internals.use_one_gpu(arguments)
    assert arguments.train_batch_size == 5


def test_what_is_remembered_is_in_every_checkpoint(tmp_path):
    trainer = make_trainer(tmp_path)
    internals.remember(trainer.state, {"step": 0, "dev": {"english-dev": {"accuracy": 1.0}}})
    trainer.state.save_to_json(str(tmp_path / "state.json"))
    state = TrainerState.load_from_json(str(tmp_path / "state.json"))
    assert internals.remembered(state) == [{"step": 0, "dev": {"english-dev": {"accuracy": 1.0}}}]


def test_a_version_without_them_says_so(tmp_path, monkeypatch):
    monkeypatch.delattr(Trainer, "_load_from_checkpoint")
    with pytest.raises(StageError, match=r"has no Trainer\._load_from_checkpoint") as caught:
        make_trainer(tmp_path)
    assert "pip install transformers==" in caught.value.todo


def test_the_versions_have_an_upper_bound_and_the_pinned_ones_were_checked():
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for name in ("transformers", "accelerate"):
        (requirement,) = [found for each in needed if (found := Requirement(each)).name == name]
        assert any(bound.operator == "<" for bound in requirement.specifier)
        assert version(name) in requirement.specifier
        (pin,) = [each.partition("==")[2] for each in pinned if each.startswith(f"{name}==")]
        assert f"{name} {pin.rpartition('.')[0]}" in internals.__doc__


def test_no_other_file_of_the_training_reaches_into_them():
    """Neither for private names of others nor for what only this file may import."""
    for path in (ROOT / "harness" / "xh" / "training").glob("*.py"):
        if path.name == "transformers_internals.py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        private = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
        }
        assert private <= own | {"_asdict", "_exit"}, path.name
        assert "log_history" not in path.read_text("utf-8") and "prepare_data_loader" not in path.read_text("utf-8")


def test_models_are_those_that_transformers_would_find_by_reading_their_files_again():
    path = str(unused.MODELS / "__init__.py")
    assert unused.structure(path) == unused.read_structure(path)


@pytest.mark.parametrize("name", unused.PACKAGES)
def test_packages_that_are_not_used_are_not_imported(name):
    function = f"is_{name}_available"
    assert f"def {function}(" in Path(import_utils.__file__).read_text("utf-8"), "transformers asks by another name"
    assert not getattr(import_utils, function)() and not getattr(transformers.utils, function)()
