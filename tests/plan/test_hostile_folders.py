"""Folders, cards and documents that mean harm: nothing hangs, crashes, or is read from elsewhere."""

import json
import os

import pytest

from xh.data import manifest
from xh.data.encoder import find, folder_identity
from xh.data.patterns import hub_patterns, matching
from xh.data.places import Places
from xh.plan import Request
from xh.plan.disk import _float32_size
from xh.plan.recipes import parse_overrides
from xh.plan.resolution import resolve
from xh.plan.settings import read
from xh.plugins import registry
from xh.spec import Hub, MissingError, UsageError

DEEP = "[" * 100_000 + "]" * 100_000
SET = Hub("org/set", revision="a" * 40, splits={"test": "test"})


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "FIFO"), (os.mkdir, "folder")], ids=["FIFO", "folder"])
def test_only_files_are_read_of_an_encoder(model, name, make, kind):
    (model / name).unlink()
    make(model / name)
    with pytest.raises(
        MissingError, match=rf"{name} is a {kind}, not a file" if kind == "FIFO" else name.split(".")[-1]
    ):
        folder_identity(model)


def test_only_files_are_data(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.jsonl").touch()
    assert matching(tmp_path, "**") == [] and matching(tmp_path, "*") == [tmp_path / "a.jsonl"]
    os.mkfifo(tmp_path / "b.jsonl")
    with pytest.raises(MissingError, match="is a FIFO"):
        matching(tmp_path, "*.jsonl")
    with pytest.raises(MissingError, match="is a folder"):
        matching(tmp_path, "folder")


def test_a_config_may_hold_anything(model):
    config = {"num_hidden_layers": "many", "max_position_embeddings": [1], "model_type": {}}
    (model / "config.json").write_text(json.dumps(config))
    found = find(str(model), registry())
    assert (found.layers, found.positions) == (None, None)
    (model / "config.json").write_text(DEEP)
    with pytest.raises(MissingError, match="can't be read"):
        find(str(model), registry())


def test_no_encoder_reads_or_runs_what_lies_elsewhere(model):
    index = model / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors"}}))
    assert folder_identity(model)
    index.write_text(json.dumps({"weight_map": {"a": "../other/model.safetensors"}}))
    with pytest.raises(MissingError, match=r"names '\.\./other/model\.safetensors'"):
        folder_identity(model)
    index.unlink()
    (model / "config.json").write_text(json.dumps({"_attn_implementation": "somebody/kernel"}))
    with pytest.raises(MissingError, match="needs code from the Hub: somebody/kernel"):
        folder_identity(model)
    (model / "config.json").write_text(json.dumps({"_attn_implementation": "sdpa"}))
    (model / "adapter_config.json").write_text("{}")
    with pytest.raises(MissingError, match="is an adapter"):
        folder_identity(model)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "***", "a**", "", "a\0b", 5, None, {"a": 1}])
def test_a_card_leads_nowhere_else(tmp_path, path):
    plain = hub_patterns(SET, "test", "de", tmp_path / "nothing")
    config = {"configs": [{"config_name": "x", "data_files": [{"split": "test", "path": [path, "./data/*.parquet"]}]}]}
    (tmp_path / "README.md").write_text(f"---\n{json.dumps(config)}\n---\n")
    assert hub_patterns(SET, "test", "de", tmp_path) == ["data/*.parquet", *plain]


@pytest.mark.parametrize("header", [f"configs: {DEEP}", "a: 2020-99-99", "a: 1\0", "configs: &a [*a]", "a: \udcff"])
def test_a_card_that_is_no_card_says_nothing(tmp_path, header):
    (tmp_path / "README.md").write_bytes(f"---\n{header}\n---\n".encode(errors="surrogateescape"))
    assert hub_patterns(SET, "test", "de", tmp_path) == hub_patterns(SET, "test", "de", tmp_path / "nothing")


@pytest.mark.parametrize("name", ["../thesis.tex", "/etc/passwd", "a/../../b", ""])
def test_a_mirrors_manifest_names_its_own_files_only(tmp_path, name):
    entry = {"origin": "org/set@main", "size": 1, "sha256": "0"}
    (tmp_path / manifest.NAME).write_text(json.dumps({"files": {name: entry}}))
    with pytest.raises(MissingError, match="is not a file below its folder"):
        manifest.read(tmp_path)


def test_documents_that_are_nested_too_deeply_are_refused(tmp_path):
    (tmp_path / manifest.NAME).write_text(DEEP)
    with pytest.raises(MissingError, match="does not parse"):
        manifest.read(tmp_path)
    (tmp_path / "tasks.toml").write_text(f"a = {DEEP}")
    with pytest.raises(UsageError, match="is not valid TOML"):
        read(tmp_path / "tasks.toml")


@pytest.mark.parametrize("text", ["1\nx = 2", DEEP])
def test_a_setting_is_one_value(text):
    assert parse_overrides((f"tatoeba.layer={text}",)) == {"tatoeba": {"layer": text}}


@pytest.mark.parametrize(
    "header", [b"{}", DEEP.encode(), b'{"a": {"shape": [%d]}}' % 10**400, b'{"a": {"shape": [-9]}}']
)
def test_the_size_of_a_model_is_never_absurd(tmp_path, header):
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert _float32_size(path) == path.stat().st_size


@pytest.mark.parametrize(
    "fields",
    [
        *({name: text} for name in ("model", "runs", "profile") for text in ("", "x\0y")),
        *({"data": Places(text)} for text in ("", "x\0y")),
        {"seeds": (2**32,)},
        {"limit_train": float("nan")},
    ],
    ids=str,
)
def test_what_no_run_can_mean_is_refused(fields):
    with pytest.raises(UsageError):
        resolve(Request(inter=("none",), target=("tatoeba",), **fields), registry())
