"""A vision tower on the Hub: known by its commit, and fetched with its processor's config and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.standin import COMMIT, serving
from xh.mini import SAMPLE
from xh_tasks.revisions import XTREME

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
told = [found.identity, problems, lost, names, models.find("org/tower@" + "b" * 40).identity]

from xh.cli.main import main

words = ["--inter", "flickr30k", "--target", "tatoeba", "--langs", "de", "--model", "org/encoder"]
words += ["--set", "flickr30k.tower=org/tower"]
told += [main(["fetch", *words, "--to", "mirror"]), main(["plan", *words, "--data", "mirror", "--offline"])]
print("\\n" + json.dumps(told))
"""


def test_a_tower_is_fetched_at_its_commit_into_the_cache_and_into_a_mirror(tmp_path, tiny):
    folder = shutil.copytree(SCENES, tmp_path / "tower")
    for name in ("README.md", "pytorch_model.bin", "tf_model.h5"):
        (folder / name).write_text("large")
    held = {"models/org/tower": folder, "models/org/encoder": tiny}
    held |= {f"datasets/{name}": SAMPLE / name for name in ("AnyModal/flickr30k", "google/xtreme")}
    with serving(held, tmp_path) as hub:
        hub.move("datasets/google/xtreme", SAMPLE / "google/xtreme", XTREME)
        quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment = os.environ | quiet | {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "cache")}
        words = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    identity, problems, lost, names, pinned, fetched, planned = json.loads(done.stdout.splitlines()[-1])
    assert (identity, problems, pinned) == (COMMIT, [], "b" * 40)
    assert names == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert (fetched, planned) == (0, 0), done.stderr
    assert sorted(path.name for path in (tmp_path / "mirror/models/org/tower").iterdir() if path.is_file()) == names
    assert lost[0].startswith("scenes.tower org/nobody: org/nobody@main ")
