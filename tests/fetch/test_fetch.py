"""Bringing data and encoders from the Hub, with the real client against a stand-in on loopback."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from standin import serving

import xh.mini

XH = [str(Path(sys.executable).with_name("xh"))]
SMALL = ["--langs", "de", "--limit-eval", "8", "--json"]


@pytest.fixture
def hub(tmp_path: Path):
    """The sample's Tatoeba as a repository on the Hub, the embedded encoder as another, a BUCC archive as a file."""
    files = tmp_path / "files"
    files.mkdir()
    for split in ("sample", "training"):
        with tarfile.open(files / f"bucc2018-de-en.{split}-gold.tar.bz2", "w:bz2") as archive:
            for path in sorted((xh.mini.SAMPLE / "bucc2018/de-en").glob(f"*.{split}.*")):
                archive.add(path, f"bucc2018/de-en/{path.name}")
    repositories = {
        "datasets/google/xtreme": xh.mini.SAMPLE / "google/xtreme",
        "models/someone/encoder": xh.mini.ENCODER,
    }
    with serving(repositories, files) as (address, seen):
        yield address, seen


def run(arguments: list[str], tmp_path: Path, address: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1"}
    command = [*XH, "run", "--inter", "none", "--runs", str(tmp_path / "runs"), *arguments]
    return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=300)


def test_a_run_from_the_hub_and_again_offline(hub, tmp_path):
    address, seen = hub
    arguments = ["--target", "tatoeba", "--data", "hub", "--model", "someone/encoder", *SMALL]
    online = run(arguments, tmp_path, address)
    assert online.returncode == 0, online.stderr
    asked = [request for request in seen if "resolve" in request]
    assert any("someone/encoder" in request for request in asked)
    assert not any("tatoeba.fra" in request for request in asked), "only what the plan needs is fetched"

    shutil.rmtree(tmp_path / "runs")
    seen.clear()
    offline = run([*arguments, "--offline"], tmp_path, address)
    assert offline.returncode == 0, offline.stderr
    assert not seen
    assert [row["value"] for row in json.loads(offline.stdout)["rows"]] == [
        row["value"] for row in json.loads(online.stdout)["rows"]
    ]


def test_offline_with_an_empty_cache_names_everything_that_is_missing(hub, tmp_path):
    address, seen = hub
    result = run(["--target", "tatoeba", "--data", "hub", "--model", "a/b", "--offline", *SMALL], tmp_path, address)
    assert result.returncode == 6
    assert "google/xtreme" in result.stderr and "a/b" in result.stderr
    assert "Traceback" not in result.stderr and not seen


def test_a_repository_that_is_not_there(hub, tmp_path):
    address, _ = hub
    result = run(["--target", "tatoeba", "--data", "sample", "--model", "no/such", *SMALL], tmp_path, address)
    assert result.returncode == 6
    assert "no/such" in result.stderr and "Traceback" not in result.stderr


def test_an_archive_is_downloaded_unpacked_and_kept(hub, tmp_path, monkeypatch):
    from xh.plan import fetch
    from xh.plan.data import locate
    from xh.plugins import registry
    from xh.spec import Files, MissingError, Site, TaskSpec

    address, seen = hub
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "cache"))
    bucc = registry().task("bucc")
    assert isinstance(bucc.data, Files)
    url = f"{address}/files/bucc2018-{{lang}}-en.{{split}}-gold.tar.bz2"
    fields = {name: getattr(bucc, name) for name in TaskSpec.__struct_fields__}
    task = TaskSpec(**fields | {"data": Files(bucc.data.paths, bucc.data.splits, url=url, reader=bucc.data.reader)})
    site = Site(store="", encoder="")
    fetch.fetch(task, "test", "de", site)
    paths = locate(task, "test", "de", site)
    assert [path.name for path in paths] == ["de-en.training.de", "de-en.training.en", "de-en.training.gold"]
    assert all(path.is_file() for path in paths)
    assert [request for request in seen if "training" in request] == ["GET files/bucc2018-de-en.training-gold.tar.bz2"]
    with pytest.raises(MissingError, match="fr-en"):
        fetch.fetch(task, "test", "fr", site)
