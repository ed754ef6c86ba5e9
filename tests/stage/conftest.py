"""Tiny encoders, and training jobs on a small task that they can learn."""

from pathlib import Path

import pytest

from helpers.tiny_encoders import save_encoder
from xh.kinds.classify import Classify
from xh.spec import Files, Inputs, Locations, Purpose, Stage, TaskSpec
from xh.spec.examples import Examples
from xh.spec.kinds import facts
from xh.stage.job import TrainJob
from xh.store import Checkpoints

TASK = TaskSpec(
    name="mood", kind="classify", roles=("intermediate",), languages=("en",), metric="accuracy",
    data=Files(("{split}.jsonl",), {"train": "train", "dev": "dev"}), labels=("good", "bad"),
)  # fmt: skip


@pytest.fixture(scope="session")
def encoders(tmp_path_factory):
    """Folders by what was saved: the body alone, or with the masked-LM head that encoders are published with."""
    return {name: save_encoder(name, tmp_path_factory.mktemp(name)) for name in ("AutoModel", "AutoModelForMaskedLM")}


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
