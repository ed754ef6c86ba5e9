"""A Hub on loopback with a little data, and ``xh`` in a process of its own beside it."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Value

import xh.mini
from helpers.running import run_command
from helpers.standin import Hub, serving
from xh.plugins import registry

HERE = Path(__file__).parent
PAWSX = Features(
    {"id": Value("int32"), "sentence1": Value("string"), "sentence2": Value("string"),
     "label": ClassLabel(names=["0", "1"])}
)  # fmt: skip
BRANCHY = """
from xh.api import Hub, TaskSpec, hookimpl

@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name=name, kind="bitext", roles=("target",), languages=("de",), metric="accuracy",
            data=Hub(f"org/{name}", "main", {"test": "validation"}),
            columns={"source": "source_sentence", "target": "target_sentence"},
        )
        for name in ("pairs", "scripted")
    ]
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def paraphrases(tmp_path: Path) -> Path:
    """PAWS-X as the Hub has it, with made rows: parquet with class labels, the train split in two parts."""
    folder = tmp_path / "paws-x"
    for lang, split, part in (
        ("en", "train", "00000-of-00002"), ("en", "train", "00001-of-00002"), ("en", "validation", "00000-of-00001"),
        ("en", "test", "00000-of-00001"), ("de", "test", "00000-of-00001"),
    ):  # fmt: skip
        rows = [
            {"id": i, "sentence1": f"{part[4]} {i} ist hier.", "sentence2": f"{i} war da.", "label": i % 2}
            for i in range(12)
        ]
        path = folder / lang / f"{split}-{part}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=PAWSX.arrow_schema), path)
    return folder


@pytest.fixture
def hub(tmp_path: Path, paraphrases: Path) -> Iterator[Hub]:
    """The sample's Tatoeba and made PAWS-X as data sets, the embedded encoder as a model, a BUCC archive as a file."""
    files = tmp_path / "files"
    files.mkdir()
    for split in ("sample", "training"):
        with tarfile.open(files / f"bucc2018-de-en.{split}-gold.tar.bz2", "w:bz2") as archive:
            for path in sorted((xh.mini.SAMPLE / "bucc2018/de-en").glob(f"*.{split}.*")):
                archive.add(path, f"bucc2018/de-en/{path.name}")
    repositories = {
        "datasets/google/xtreme": xh.mini.SAMPLE / "google/xtreme",
        "datasets/google-research-datasets/paws-x": paraphrases,
        "models/someone/encoder": xh.mini.ENCODER,
    }
    with serving(repositories, files) as found:
        for name, task in (
            ("datasets/google/xtreme", "tatoeba"),
            ("datasets/google-research-datasets/paws-x", "pawsx"),
        ):
            found.move(name, repositories[name], registry().task(task).sources[0].revision, branch="pinned")
        yield found


@pytest.fixture
def branchy(tmp_path: Path, hub: Hub) -> dict[str, str]:
    """Variables for a plugin whose tasks read branches: ``pairs``, and ``scripted``, which is a loading script."""
    folder, locations = tmp_path / "pairs", tmp_path / "site"
    folder.mkdir()
    shutil.copy(xh.mini.SAMPLE / "google/xtreme/tatoeba.deu/validation.jsonl", folder / "validation.jsonl")
    script = tmp_path / "scripted"
    script.mkdir()
    (script / "scripted.py").write_text("raise RuntimeError('this was run')")
    for name, where in (("pairs", folder), ("scripted", script)):
        hub.add(f"datasets/org/{name}", where)
    info = locations / "xh_branchy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xh-branchy\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[xh]\nbranchy = xh_branchy\n")
    (locations / "xh_branchy.py").write_text(BRANCHY)
    return {"PYTHONPATH": str(locations)}


@pytest.fixture
def command(tmp_path: Path, hub: Hub) -> tuple[list[str], dict[str, str]]:
    """The words that start ``xh`` and its environment: this Hub, and an empty cache."""
    environment = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1"}
    environment |= {"NO_COLOR": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return [str(Path(sys.executable).with_name("xh"))], os.environ | environment


@pytest.fixture
def call(tmp_path: Path, command: tuple[list[str], dict[str, str]]) -> Run:
    """Run ``xh`` with these words, in a folder of its own; ``run`` gets its store there."""
    return partial(run_command, tmp_path, *command)


@pytest.fixture
def without_network(tmp_path: Path) -> dict[str, str]:
    """Variables that forbid a process and its children every network socket."""
    return {"PYTHONPATH": str(HERE / "no_network"), "NO_NETWORK_LOG": str(tmp_path / "network.log")}
