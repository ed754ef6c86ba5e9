"""The same from Python: what ``import xh`` offers."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import xh
from helpers.running import worker_here
from xh.mini import SAMPLE
from xh.spec import MissingError, UsageError


def test_a_run_from_python_is_the_run_of_the_command_line(tmp_path):
    request = {"inter": ["none"], "target": ["tatoeba"], "langs": ["de", "sw"], "runs": str(tmp_path / "runs")}
    with worker_here():
        results = xh.run(**request, profile="mini", overrides={"tatoeba.layer": 2}, limit_eval=20)
    assert [(row.lang, row.protocol["layer"], row.n) for row in results.rows] == [("de", 2, 20), ("sw", 2, 20)]
    command = [str(Path(sys.executable).with_name("xh")), "run", "--inter", "none", "--target", "tatoeba", "--langs"]
    command += ["de,sw", "--set", "tatoeba.layer=2", "--limit-eval", "20", "--runs", request["runs"], "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed, returned = json.loads(done.stdout), json.loads(msgspec.json.encode(results))
    words = [each["words"][0] for each in printed["appendix"].pop("commands")]
    assert (words, len(returned["appendix"].pop("commands"))) == (["xh.run", "xh"], 1)
    assert printed == returned
    assert "0 stages run" in done.stderr


def test_a_string_is_one_name_and_places_are_paths_or_by_task(tmp_path, tiny):
    own = tmp_path / "my,text=1"
    (own / "en").mkdir(parents=True)
    data = {"squad": own, None: "sample"}
    for split in ("train", "dev"):
        source = SAMPLE / f"rajpurkar/squad/plain_text/{'train' if split == 'train' else 'validation'}.jsonl"
        lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
        (own / f"en/{split}.jsonl").write_text("".join(lines[:4]), encoding="utf-8")
    limits = {"limit_eval": 0.1, "seeds": [2], "baseline": False}
    request = {"inter": "squad", "target": "tatoeba", "langs": "de", "profile": "mini", "runs": tmp_path / "runs"}
    overrides = {"squad.select": "last", "tatoeba.layer": None}
    with worker_here():
        results = xh.run(**request, data=data, overrides=overrides, model=tiny, **limits)
    assert [(row.inter, row.lang, row.n, row.seed) for row in results.rows] == [("squad", "de", 4, 2)]
    trained = next((tmp_path / "runs/stages").glob("intermediate-*/stage.json"))
    assert json.loads(trained.read_text())["facts"]["rows"]["train"] == 4


def test_settings_keep_their_types(tmp_path):
    with pytest.raises(UsageError, match=r"squad\.epochs = '1' "):
        xh.run("squad", "bucc", overrides={"squad.epochs": "1"}, runs=tmp_path)
    with pytest.raises(UsageError, match=r"squad\.epochs = None "):
        xh.run("squad", "bucc", overrides={"squad.epochs": None}, runs=tmp_path)


def test_errors_are_exceptions_with_a_way_on(tmp_path):
    with pytest.raises(UsageError) as wrong:
        xh.run(target=["tatoeba"], langs=["xx"], runs=str(tmp_path))
    assert "xx" in wrong.value.what and wrong.value.todo
    with pytest.raises(MissingError, match="no such folder"):
        xh.run(target=["tatoeba"], data=str(tmp_path / "nowhere"), runs=str(tmp_path))


def test_vectors_and_pairs():
    from xh.mini import ENCODER
    from xh.retrieval import encode, mine

    german = ["Der Hund schläft.", "Es regnet heute.", "Wo ist der Bahnhof?"]
    vectors = encode(ENCODER, [*german, german[0]], layer=4)
    assert vectors.shape == (4, 256) and vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[3])
    pairs = mine(vectors[:3], vectors[[2, 0, 1]], k=2)
    assert {(int(pair["source"]), int(pair["target"])) for pair in pairs} == {(0, 1), (1, 2), (2, 0)}
