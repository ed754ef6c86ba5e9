"""A training on pictures that is killed goes on as if nothing had been."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from helpers.outcomes import kill, same, told, weights
from xh.data import models
from xh.mini import SAMPLE
from xh.plugins import registry
from xh.spec import Locations
from xh.stage.load import load_examples
from xh.training.trainer import train
from xh_images.kind import ImageText

SCENES = Path(__file__).parents[2] / "plugins" / "xh_images" / "scenes"


@pytest.fixture
def artist(worker):
    """A worker with a few pictures of the sample set."""
    task, where = registry().task("flickr30k"), Locations(store="", data=str(SAMPLE), offline=True)
    worker.kind = ImageText()
    worker.rows = {
        split: worker.kind.limit(load_examples(registry(), where, task, split, "en"), rows)
        for split, rows in {"train": 6, "dev": 4}.items()
    }
    return worker


def make_job(artist, tmp_path, name, **recipe):
    task, tower = registry().task("flickr30k"), models.find(str(SCENES))
    made = artist.job(name, task=task, tower=str(SCENES), dim=8, **recipe)
    data = {f"flickr30k/{split}/en": "" for split in ("train", "dev")}
    inputs = replace(made.stage.inputs, data=data, models={"flickr30k.tower": tower.identity})
    locations = Locations(store=str(tmp_path / "store"), encoders={tower.identity: tower.place})
    return replace(made, stage=replace(made.stage, inputs=inputs), locations=locations)


def test_a_killed_training_goes_on(artist, tmp_path):
    whole, killed = make_job(artist, tmp_path, "whole", epochs=3), make_job(artist, tmp_path, "killed", epochs=3)
    facts = train(whole)
    kill(killed, 5)
    shutil.rmtree(killed.folder)
    killed.folder.mkdir()
    assert told(train(killed)) == told(facts)
    assert same(weights(whole), weights(killed))
