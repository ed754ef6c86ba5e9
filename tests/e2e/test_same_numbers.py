"""The same request with the same seed gives the same files, to the byte, in another store."""

from pathlib import Path

import pytest

import xh
from helpers.running import worker_here

SAME = ("*/model/*.safetensors", "*/model/*.json", "*/predictions/*/*", "*/scores.json", "*/examples.npz")
LOGS = ("intermediate-*/log.jsonl", "target-*/log.jsonl")
"""Those of evaluations say how far they are, as often as a slow machine has time for it."""
RECIPE = {"precision": "fp32", "epochs": 1, "learning_rate": 1e-3}


def run(folder: Path, encoder: Path, *seeds: int) -> dict[str, bytes]:
    """The files of a small run through all phases, by stage and path."""
    xh.run(
        inter=["mnli"],
        target=["panx", "tatoeba"],
        langs=["de"],
        seeds=seeds,
        baseline=False,
        keep="all",
        profile="mini",
        model=str(encoder),
        limit_train=16,
        limit_eval=8,
        overrides={f"{task}.{key}": value for task in ("mnli", "panx") for key, value in RECIPE.items()}
        | {"tatoeba.precision": "fp32"},
        runs=str(folder),
    )
    files = [path for pattern in SAME + LOGS for path in (folder / "stages").glob(pattern)]
    return {str(path.relative_to(folder / "stages")): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def first(tiny, tmp_path_factory):
    """The files of two seeds, made in this process."""
    with worker_here():
        return run(tmp_path_factory.mktemp("first"), tiny, 1, 2)


def test_the_same_seed_gives_the_same_bytes(first, tiny, tmp_path):
    """In another process, where it is the first to be run."""
    second = run(tmp_path, tiny, 2)
    assert {name.partition("/")[2] for name in second} >= {"model/model.safetensors", "scores.json", "examples.npz"}
    assert len({name.partition("/")[0] for name in second}) == 4
    assert [name for name in second if first[name] != second[name]] == []


def test_another_seed_gives_other_weights(first):
    weights = [content for name, content in first.items() if name.endswith("safetensors")]
    assert len(weights) == len(set(weights)) == 4
