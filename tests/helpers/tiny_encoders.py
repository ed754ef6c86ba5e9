"""Tiny encoders of random weights, of any class and config."""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from xh.mini import ENCODER

CONFIG = transformers.XLMRobertaConfig(
    vocab_size=16000, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, initializer_range=0.2,
)  # fmt: skip


COMMON = 1000
"""Pieces of several letters that made tokenizers have."""


def write_tokenizer(folder: Path) -> None:
    """Write the embedded encoder's tokenizer with all single letters, but a quarter of its pieces: it is read often."""
    tokenizer = json.loads((ENCODER / "tokenizer.json").read_text("utf-8"))
    pieces = tokenizer["model"]["vocab"]
    kept = [piece for number, piece in enumerate(pieces) if number < COMMON or len(piece[0].strip("▁")) <= 1]
    tokenizer["model"]["vocab"] = kept
    mask = tokenizer["added_tokens"][-1]
    assert mask["content"] == "<mask>"
    mask["id"] = len(kept)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    shutil.copyfile(ENCODER / "tokenizer_config.json", folder / "tokenizer_config.json")


def save_encoder(model: str, folder: Path, config=CONFIG, seed: int = 0) -> Path:
    """A folder with random weights of this class of transformers."""
    torch.manual_seed(seed)
    getattr(transformers, model).from_config(config).save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def change_weights(encoders, tmp_path, edit, kind: str = "AutoModelForMaskedLM") -> Path:
    """Copy an encoder's folder with its weights (a dictionary by name) changed by a function."""
    folder = tmp_path / "changed"
    shutil.copytree(encoders[kind], folder)
    weights = load_file(folder / "model.safetensors")
    save_file(edit(weights) or weights, folder / "model.safetensors", {"format": "pt"})
    return folder
