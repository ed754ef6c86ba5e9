"""``xh fetch``: into the cache and into a mirror, again, after a kill, and what the manifest says."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from helpers.standin import Hub

PLAN = ("--target", "pawsx,tatoeba", "--langs", "de", "--model", "someone/encoder")
WHOLE = ("cache/hub/*/snapshots/*/en/train-00000-of-00002.parquet", "mirror/*/*/en/train-00000-of-00002.parquet")
PLACES = pytest.mark.parametrize("to", [(), ("--to", "mirror")], ids=["cache", "mirror"])


def manifest(tmp_path: Path, to: tuple[str, ...]) -> Path:
    return tmp_path / ("mirror" if to else "cache/xh") / "xh-manifest.json"


def test_a_mirror_is_laid_out_as_data_are_read(call, tmp_path):
    done = call("fetch", *PLAN, "--to", "mirror", "--json")
    assert done.returncode == 0, done.stderr
    files = {str(Path(path).relative_to(tmp_path / "mirror")) for path in json.loads(done.stdout)["files"]}
    assert files == {*json.loads(manifest(tmp_path, ("--to",)).read_text())["files"]}
    assert {name for name in files if not name.startswith("models/")} == {
        "google/xtreme/README.md",
        "google/xtreme/tatoeba.deu/validation.jsonl",
        "google-research-datasets/paws-x/de/test-00000-of-00001.parquet",
        "google-research-datasets/paws-x/en/train-00000-of-00002.parquet",
        "google-research-datasets/paws-x/en/train-00001-of-00002.parquet",
        "google-research-datasets/paws-x/en/validation-00000-of-00001.parquet",
    }
    assert {"models/someone/encoder/config.json", "models/someone/encoder/model.safetensors"} < files
    assert "--data mirror --offline" in done.stderr


@PLACES
def test_again_downloads_nothing(hub: Hub, call, tmp_path, to):
    assert call("fetch", *PLAN, *to).returncode == 0
    before, _ = manifest(tmp_path, to).read_text(), hub.downloads()
    assert call("fetch", *PLAN, *to).returncode == 0
    assert not hub.downloads()
    assert manifest(tmp_path, to).read_text() == before


@PLACES
def test_what_is_damaged_or_missing_is_named_and_fetched_again(hub: Hub, call, tmp_path, to):
    assert call("fetch", *PLAN, *to).returncode == 0
    assert call("fetch", "--check", *to).returncode == 0
    files = json.loads(manifest(tmp_path, to).read_text())["files"]
    damaged, lost = (next(manifest(tmp_path, to).parent / name for name in files if part in name)
                     for part in ("00001-of-00002", "tatoeba.deu"))  # fmt: skip
    content = damaged.read_bytes()
    damaged.write_bytes(b"X" + content[1:])
    lost.resolve().unlink()
    lost.unlink(missing_ok=True)
    hub.downloads()
    check = call("fetch", "--check", *to)
    assert check.returncode == 6 and not hub.seen
    assert f"2 of {len(files)} files are missing or damaged" in check.stderr
    assert f"{damaged} is damaged" in check.stderr and f"{lost} is missing" in check.stderr
    assert call("fetch", *PLAN, *to).returncode == 0
    assert {name.rpartition("/")[2] for name in hub.downloads()} == {damaged.name, lost.name}
    assert damaged.read_bytes() == content
    assert call("fetch", "--check", *to).returncode == 0


@PLACES
def test_what_a_killed_fetch_leaves_is_never_taken_for_whole(hub: Hub, call, command, tmp_path, to):
    words, environment = command
    hub.stuck = "train-00001-of-00002.parquet"
    process = subprocess.Popen([*words, "fetch", *PLAN, *to], env=environment, cwd=tmp_path, stderr=subprocess.PIPE)
    assert hub.waiting.wait(600)
    while process.poll() is None and not any(path.exists() for path in tmp_path.glob(WHOLE[bool(to)])):
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert not manifest(tmp_path, to).exists()
    run = call("run", *PLAN, "--data", "mirror" if to else "hub", "--offline")
    assert run.returncode == 6
    assert "pawsx train en" in run.stderr and "Traceback" not in run.stderr
    hub.stuck = ""
    hub.downloads()
    assert call("fetch", *PLAN, *to).returncode == 0
    again = {name.rpartition("/")[2] for name in hub.downloads()}
    assert "train-00001-of-00002.parquet" in again and "train-00000-of-00002.parquet" not in again
    assert call("fetch", "--check", *to).returncode == 0


def test_what_can_not_be_had_is_named_and_the_rest_is_kept(hub: Hub, call, tmp_path):
    done = call("fetch", "--target", "tatoeba,xnli", "--langs", "de", "--model", "no/encoder", "--to", "mirror")
    assert done.returncode == 6
    assert (
        "xnli dev en; xnli test de: facebook/xnli@b8dd5d7af511 could not be fetched: the Hub has no such" in done.stderr
    )
    assert (
        "mnli train en: nyu-mll/glue@bcdcba79d07b" in done.stderr
        and "encoder no/encoder: no/encoder@main" in done.stderr
    )
    assert (tmp_path / "mirror/google/xtreme/tatoeba.deu/validation.jsonl").is_file()
    assert manifest(tmp_path, ("--to",)).is_file()
    assert call("fetch", "--check", "--to", "mirror").returncode == 0


def test_what_is_typed_wrong(call):
    for words, code, text in (
        (["fetch", *PLAN, "--data", "sample"], 2, "Use --to DIR"),
        (["fetch", *PLAN, "--offline"], 2, "Fetching needs a network connection"),
        (["fetch", "--check", "--to", "nowhere"], 6, "xh fetch writes it"),
        (["fetch", *PLAN, "--to", "/proc/no/mirror"], 5, "/proc/no/mirror can't be written"),
    ):
        done = call(*words)
        assert (done.returncode, done.stdout) == (code, ""), words
        assert text in done.stderr
