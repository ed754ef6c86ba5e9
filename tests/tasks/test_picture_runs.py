"""Runs with pictures as the intermediate task: what is handed on, what is shared, what is said."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import xh
from helpers.running import worker_here
from xh.model.weights import load_body
from xh.spec import UsageError
from xh.store import Store
from xh_images.model import ImageTextModel

FAST = {"coco_captions.learning_rate": 1e-2, "coco_captions.batch_size": 8, "coco_captions.select": "last"}
"""Of a training of which every step changes the weights."""
SCENES = Path(__file__).parents[2] / "plugins" / "xh_images" / "scenes"


@pytest.fixture
def small(tiny):
    """What makes a run small, its worker being in this process."""
    with worker_here():
        yield {"limit_train": 6, "limit_eval": 5, "profile": "mini", "model": tiny, "keep": "all"}


def run_tatoeba(small, tmp_path, *inters, **options):
    """A run whose only target is one language of Tatoeba, in one store."""
    request = {"inter": inters, "target": ["tatoeba"], "langs": ["de"], "runs": str(tmp_path), "baseline": False}
    return xh.run(**request | small | options)


def trainings(folder):
    """The records of all intermediate trainings of a store."""
    return [record for record in Store(folder).records() if record.stage.phase == "intermediate"]


def bodies(folder):
    return {
        path.parents[1].name: path.read_bytes() for path in folder.glob("stages/intermediate-*/model/model.safetensors")
    }


def test_the_body_alone_is_handed_on_byte_by_byte(small, tmp_path, monkeypatch, tiny):
    written = []
    before = ImageTextModel.save_pretrained

    def save(model, folder):
        written.append({name: weight.detach().clone() for name, weight in model.body.state_dict().items()})
        before(model, folder)

    monkeypatch.setattr(ImageTextModel, "save_pretrained", save)
    run_tatoeba(small, tmp_path, "coco_captions", overrides=FAST)
    (folder,) = tmp_path.glob("stages/intermediate-*/model")
    found, (trained,) = load_file(folder / "model.safetensors"), written
    assert found.keys() == trained.keys()
    assert all(found[name].numpy().tobytes() == trained[name].numpy().tobytes() for name in found)
    assert any(not torch.equal(found[name], weight) for name, weight in load_file(tiny / "model.safetensors").items())
    body, _ = load_body(folder)  # strictly
    assert body.state_dict().keys() == found.keys()
    with safe_open(folder / "head.safetensors", "pt") as file:
        assert {*file.keys()} == {"scale", "text.weight", "picture.weight"}


def test_the_dev_set_is_held_out_pictures_found_by_their_captions(small, tmp_path):
    run_tatoeba(small, tmp_path, "coco_captions")
    (record,) = trainings(tmp_path)
    dev = record.facts["policies"]["english-dev"]["dev"]["english-dev"]
    assert list(dev) == ["recall@1", "recall@5", "recall@10"] and record.facts["rows"] == {"train": 30, "dev": 25}


def test_vectors_are_shared_by_seeds_and_stages_by_towers_with_the_same_content(small, tmp_path):
    run_tatoeba(small, tmp_path, "coco_captions", seeds=[1, 2])
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "vectors").glob("*.npy")}
    assert len(trainings(tmp_path)) == 2 and len(files) == 2
    copy = shutil.copytree(SCENES, tmp_path / "copy")
    run_tatoeba(small, tmp_path, "coco_captions", overrides={"coco_captions.tower": str(copy)})
    assert len(trainings(tmp_path)) == 2
    config = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps(config | {"image_mean": [0.4] * 3}))
    run_tatoeba(small, tmp_path, "coco_captions", overrides={"coco_captions.tower": str(copy)})
    assert len(trainings(tmp_path)) == 3 and len(list((tmp_path / "vectors").glob("*.npy"))) == 4
    assert {path: path.stat().st_mtime_ns for path in files} == files


@pytest.mark.parametrize("control", ["shuffled", "captions"])
def test_controls_are_other_trainings(small, tmp_path, control):
    run_tatoeba(small, tmp_path, "coco_captions", overrides=FAST)
    run_tatoeba(small, tmp_path, "coco_captions", overrides=FAST | {"coco_captions.control": control})
    assert len({*bodies(tmp_path).values()}) == 2


@pytest.mark.parametrize(
    ("inter", "overrides", "metrics"),
    [
        ("flickr30k", {"flickr30k.objective": "matching"}, ["accuracy"]),
        ("snli_ve", {}, ["accuracy"]),
        ("multi30k@en,cs", {}, ["recall@1", "recall@5", "recall@10"]),
    ],
    ids=["matching", "entailment", "languages"],
)
def test_other_objectives_and_languages(small, tmp_path, inter, overrides, metrics):
    run_tatoeba(small, tmp_path, inter, overrides=overrides)
    (record,) = trainings(tmp_path)
    assert list(record.facts["policies"]["english-dev"]["dev"]["english-dev"]) == metrics
    several = {"train/en", "train/cs"} if "@" in inter else {"train/en"}
    assert {key.partition("/")[2] for key in record.stage.inputs.data} == several | {"dev/en"}


def test_a_mixture_of_text_and_pictures(small, tmp_path):
    run_tatoeba(small, tmp_path, "snli+flickr30k", overrides={"snli+flickr30k.epochs": 1})
    (record,) = trainings(tmp_path)
    assert record.stage.inputs.models.keys() == {"flickr30k.tower"}
    dev = record.facts["policies"]["english-dev"]["dev"]["english-dev"]
    assert {"mean", "snli.accuracy", "flickr30k.recall@1"} <= dev.keys()
    (folder,) = tmp_path.glob("stages/intermediate-*/model")
    load_body(folder)


def test_an_objective_that_a_task_has_not_is_refused(small, tmp_path):
    with pytest.raises(UsageError, match=r"no snli_ve\.objective 'contrastive'"):
        run_tatoeba(small, tmp_path, "snli_ve", overrides={"snli_ve.objective": "contrastive"})
