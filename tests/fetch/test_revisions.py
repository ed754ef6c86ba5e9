"""Every split that the built-in tasks name is at its commit, on a Hub that has what the real one has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.standin import Hub, serving
from helpers.trees import CARDS, PARQUET, SCRIPTS

MAIN = "main"
"""Where no full commit is known: a plan looks it up."""
SCRIPT = """
import sys
from xh.cli.output import echo_json
from xh.data import fetch
from xh.data.locate import files
from xh.plan.settings import Profile
from xh.plan.inventory import readable
from xh.plan.variants import varied
from xh.plugins import registry
from xh.spec import Hub, Locations
from xh.spec.data import DataSplit

locations = Locations(store="")
records = [claim.record for _, claim in registry().tasks if claim.dist == "xh"]
found = {task.name: {} for task in records}
for task in [*records, varied(registry().task("mlqa"), Profile(), {"mlqa": {"pairs": "all"}})]:
    translated = [DataSplit(task.name, split, lang) for lang, each in task.translated.items() for split in each.splits]
    splits = [
        fetch.SourceSplit(source, split, lang)
        for _, split, lang in [*readable(task), *translated]
        for source in task.sources_of(split, lang)
        if isinstance(source, Hub)
    ]
    if problems := fetch.bring(splits):
        sys.exit(f"{task.name}: {problems}")
    for source, split, lang in splits:
        paths = files(source, split, lang, locations)
        found[task.name].setdefault(f"{split} {lang}", []).extend(path.name for path in paths)
echo_json(found)
"""


@pytest.fixture
def real(tmp_path: Path):
    """A Hub with the real one's names of files; scripts are at ``main``, what is parquet beside them has no branch."""
    folder = tmp_path / "repositories"
    for name, (_, tree) in PARQUET.items():
        for file in tree:
            path = folder / name / "parquet" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(CARDS[name] if file == "README.md" else "")
    for name in SCRIPTS:
        path = folder / name / "script" / f"{name.partition('/')[2]}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise RuntimeError('this was run')")
    with serving({}, folder) as hub:
        for name, (commit, _) in PARQUET.items():
            hub.add(f"datasets/{name}", folder / name / "parquet")
            if commit != MAIN:
                hub.move(f"datasets/{name}", folder / name / "parquet", commit)
        for name, commit in SCRIPTS.items():
            if name not in PARQUET:
                hub.add(f"datasets/{name}", folder / name / "script")
            hub.move(f"datasets/{name}", folder / name / "script", commit)
        yield hub


@pytest.fixture
def environment(real: Hub, tmp_path: Path) -> dict[str, str]:
    quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_VERBOSITY": "error"}
    return os.environ | quiet | {"HF_ENDPOINT": real.address, "HF_HOME": str(tmp_path / "cache")}


def called(script: str, environment: dict[str, str], folder: Path) -> str:
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_built_in_tasks_are_parquet_at_their_commits(environment, tmp_path):
    found = json.loads(called(SCRIPT, environment, tmp_path))
    assert len(found) == 39
    own = {"bucc", "ccg", "lareqa", "multichecklist", "word_alignment"}
    assert {name for name, splits in found.items() if not splits} == own, "archives and files of one's own"
    assert found["cosmosqa"]["train en"] == ["0000.parquet"]
    assert found["squad"]["train it"] == ["0000.parquet"]
    assert len(found["mlqa"]) == 1 + 49 and found["mlqa"]["test de-en"] == ["test-00000-of-00001.parquet"]
    assert len(found["anli_plus"]["train en"]) == 5
    assert found.pop("mewslix") == {"candidates mul": ["candidate_entities.jsonl.tar.gz"]}
    assert all(name.endswith(".parquet") for splits in found.values() for names in splits.values() for name in names)


def test_what_is_a_script_is_refused(environment, tmp_path):
    script = f"""
from xh.data import fetch
from xh.data.locate import files
from xh.spec import Hub, Locations, MissingError

for name, commit in {SCRIPTS}.items():
    source = Hub(name, commit, {{"train": "train"}}, "default")
    fetch.bring([fetch.SourceSplit(source, "train", "en")])
    try:
        files(source, "train", "en", Locations(store=""))
    except MissingError as error:
        print(error.what)
"""
    lines = called(script, environment, tmp_path).splitlines()
    assert [line.partition(" is a loading script")[0] for line in lines] == [
        f"{name}@{commit[:12]}" for name, commit in SCRIPTS.items()
    ]
