"""Tiny encoders, and training jobs on a small task that they can learn."""

import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from xh.kinds.classify import Classify
from xh.mini import ENCODER
from xh.spec import Files, Inputs, Locations, Purpose, Stage, TaskSpec
from xh.spec.examples import Examples
from xh.spec.kinds import facts
from xh.stage.job import TrainJob
from xh.store import Checkpoints

TASK = TaskSpec(
    name="mood", kind="classify", roles=("intermediate",), languages=("en",), metric="accuracy",
    data=Files(("{split}.jsonl",), {"train": "train", "dev": "dev"}), labels=("good", "bad"),
)  # fmt: skip
CONFIG = transformers.XLMRobertaConfig(
    vocab_size=16000, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, initializer_range=0.2,
)  # fmt: skip


def saved(model: str, folder: Path, config=CONFIG, seed: int = 0) -> Path:
    """A folder with random weights of this class of transformers, and the embedded encoder's tokenizer."""
    torch.manual_seed(seed)
    getattr(transformers, model).from_config(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(ENCODER / name, folder / name)
    return folder


@pytest.fixture
def save_encoder():
    """Save random weights of another config than the encoders'; ``save_encoder.config`` is theirs."""
    saved.config = CONFIG
    return saved


@pytest.fixture(scope="session")
def encoders(tmp_path_factory):
    """Folders by what was saved: the body alone, or with the masked-LM head that encoders are published with."""
    return {name: saved(name, tmp_path_factory.mktemp(name)) for name in ("AutoModel", "AutoModelForMaskedLM")}


@pytest.fixture
def changed(encoders, tmp_path):
    """Copy an encoder's folder with its weights (a dictionary by name) changed by a function."""

    def change(edit, kind: str = "AutoModelForMaskedLM") -> Path:
        folder = tmp_path / "changed"
        shutil.copytree(encoders[kind], folder)
        weights = load_file(folder / "model.safetensors")
        save_file(edit(weights) or weights, folder / "model.safetensors", {"format": "pt"})
        return folder

    return change


def moods(count: int, where: str) -> Examples:
    """Sentences of different lengths whose first word is their label."""
    texts = [f"{('fine', 'awful')[i % 2]} {'day ' * (1 + 7 * i % 23)}" for i in range(count)]
    return Examples({"text_a": texts, "label": [i % 2 for i in range(count)]}, where)


class Worker:
    """Trains as a stage does; ``log`` has what was logged. ``kind`` and ``methods`` are those of the jobs to come."""

    def __init__(self, start: Path, folder: Path) -> None:
        self.start, self.folder, self.log = start, folder, []
        self.kind, self.methods = Classify(), ()
        self.rows = {"train": moods(40, "mood train en"), "dev": moods(12, "mood dev en")}

    def job(self, name: str = "job", seed: int = 1, task: TaskSpec = TASK, **recipe) -> TrainJob:
        values = {"learning_rate": 1e-2, "epochs": 1, "batch_size": 8, "max_length": 32, "precision": "fp32"} | recipe
        inputs = Inputs(
            phase="intermediate", encoder="tiny", tasks={"train": task, "dev": task}, languages=("en",),
            data={"mood/train/en": "", "mood/dev/en": ""},
            recipe=values, seed=seed,
        )  # fmt: skip
        label = Purpose(inter="mood", target=None, encoder="tiny", profile="none", data="made")
        (self.folder / name).mkdir(exist_ok=True)
        return TrainJob(
            stage=Stage(task="mood", inputs=inputs, purpose=label), locations=Locations(store=""),
            kind=self.kind, methods=self.methods,
            recipe=facts(task.kind).settings(**values), start=self.start, folder=self.folder / name,
            load=lambda task, split, lang: self.rows[split], log=self.log.append,
            checkpoints=Checkpoints(self.folder / f"{name}-checkpoints", {}),
        )  # fmt: skip


@pytest.fixture
def worker(encoders, tmp_path):
    return Worker(encoders["AutoModelForMaskedLM"], tmp_path)
