"""A vision tower on the Hub: known by its commit, fetched with what says how pictures become inputs, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from standin import COMMIT, serving

SCENES = Path(__file__).parents[2] / "plugins" / "xh_images" / "scenes"
SCRIPT = """
import json, sys
from xh.data import models
from xh.spec import Locations

found = models.find("org/tower")
locations = Locations(store="", encoders={found.identity: found.place})
problems = models.missing(found, "scenes.tower", locations, download=True)
lost = models.missing(models.find("org/nobody"), "scenes.tower", locations, download=True)
folder = models.model_folder(found.identity, locations)
names = sorted(path.name for path in folder.iterdir())
print(json.dumps([found.identity, problems, lost, names, models.find("org/tower@" + "b" * 40).identity]))
"""


def test_a_tower_is_fetched_at_its_commit(tmp_path):
    folder = shutil.copytree(SCENES, tmp_path / "tower")
    for name in ("README.md", "pytorch_model.bin", "tf_model.h5"):
        (folder / name).write_text("large")
    with serving({"models/org/tower": folder}, tmp_path) as hub:
        quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment = os.environ | quiet | {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "cache")}
        words = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    identity, problems, lost, names, pinned = json.loads(done.stdout)
    assert (identity, problems, pinned) == (COMMIT, [], "b" * 40)
    assert names == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert lost[0].startswith("scenes.tower org/nobody: org/nobody@main ")
