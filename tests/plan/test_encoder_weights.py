"""Weights that are not those of their config are found by reading the heads of files."""

import json

import pytest

from helpers.weights import write_weights
from xh.data.encoder import folder_identity, read_config
from xh.data.headers import check
from xh.mini import ENCODER
from xh.spec import MissingError

CONFIG = {"vocab_size": 50, "hidden_size": 4, "num_hidden_layers": 2, "intermediate_size": 8}
SHAPES = {
    "roberta.embeddings.word_embeddings.weight": [50, 4],
    "roberta.encoder.layer.0.intermediate.dense.weight": [8, 4],
    "roberta.encoder.layer.1.intermediate.dense.weight": [8, 4],
}


def complaint(tmp_path, shapes, **config):
    """What is said of weights of these shapes below this config, and nothing where they fit."""
    write_weights(tmp_path / "model.safetensors", shapes)
    try:
        check(tmp_path, CONFIG | config)
    except MissingError as error:
        return str(error)
    return ""


def test_weights_that_fit(tmp_path):
    assert complaint(tmp_path, SHAPES) == ""
    check(ENCODER, read_config(ENCODER))


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"vocab_size": 60}, "word_embeddings.weight is 50 × 4, the config says 60 × 4"),
        ({"hidden_size": 8}, "word_embeddings.weight is 50 × 4, the config says 50 × 8"),
        ({"intermediate_size": 16}, "intermediate.dense.weight is 8 × 4, the config says 16 × 4"),
        ({"num_hidden_layers": 12}, "there are 2 layers, the config says 12"),
    ],
)
def test_what_differs_is_said(tmp_path, config, what):
    text = complaint(tmp_path, SHAPES, **config)
    assert what in text and "belong together" in text


@pytest.mark.parametrize(
    ("shapes", "config"),
    [
        ({"embeddings.word_embeddings.weight": [50, 2], "encoder.layer.1.x": [1]}, {"embedding_size": 2}),  # ELECTRA
        ({"embed_tokens.weight": [50, 4], "layers.0.mlp.weight": [1], "layers.1.mlp.weight": [1]}, {}),
        (
            {
                f"{side}.block.{n}.layer.{part}.w": [1]
                for side in ("encoder", "decoder")
                for n in (0, 1)
                for part in "01"
            },
            {"num_hidden_layers": None, "num_layers": 2},
        ),
        ({"encoder.albert_layer_groups.0.albert_layers.0.w": [1]}, {"num_hidden_layers": 12}),
        ({"model.embed_tokens.weight": [9, 3]}, {"text_config": {"vocab_size": 9, "hidden_size": 3}}),
    ],
)
def test_other_layouts_fit_or_are_not_judged(tmp_path, shapes, config):
    shapes = {**shapes} if "encoder.layer.1.x" not in shapes else {**shapes, "encoder.layer.0.x": [1]}
    assert complaint(tmp_path, shapes, **config) == ""


@pytest.mark.parametrize("kept", [4, 60, -1])
def test_a_file_that_is_cut_off(tmp_path, kept):
    complaint(tmp_path, SHAPES)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(MissingError, match="not a complete safetensors file") as caught:
        check(tmp_path, CONFIG)
    assert "download it again" in caught.value.todo


def test_a_pointer_in_place_of_the_file(tmp_path):
    (tmp_path / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(MissingError, match="not a complete safetensors file"):
        check(tmp_path, CONFIG)


def test_all_files_of_an_index_are_read_and_must_be_there(tmp_path):
    halves = [dict(list(SHAPES.items())[:1]), dict(list(SHAPES.items())[1:])]
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = {"weight_map": {name: file for file, half in zip(names, halves, strict=True) for name in half}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    write_weights(tmp_path / names[0], halves[0])
    with pytest.raises(MissingError, match=r"lacks model-00002-of-00002\.safetensors"):
        check(tmp_path, CONFIG)
    write_weights(tmp_path / names[1], halves[1])
    check(tmp_path, CONFIG)
    with pytest.raises(MissingError, match="not those of its config"):
        check(tmp_path, CONFIG | {"num_hidden_layers": 3})


def test_the_plan_looks_at_a_folders_weights(model):
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"vocab_size": 7, "hidden_size": 2}))
    write_weights(model / "model.safetensors", {"embeddings.word_embeddings.weight": [8, 2]})
    with pytest.raises(MissingError, match="not those of its config"):
        folder_identity(model)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": {"shape": [1], "data_offsets": []}}', "[1]"])
def test_a_header_of_another_form_is_said_to_be_damaged(tmp_path, text):
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text.encode())
    with pytest.raises(MissingError, match="not a complete safetensors file"):
        check(tmp_path, {})
