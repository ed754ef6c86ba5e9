"""Encoders of random weights."""

import json
import shutil
from pathlib import Path

COMMON = 1000
"""Pieces of several letters that made tokenizers have."""


def write_tokenizer(folder: Path) -> None:
    """Write the embedded encoder's tokenizer with all single letters, but a quarter of its pieces: it is read often."""
    from xh.mini import ENCODER

    tokenizer = json.loads((ENCODER / "tokenizer.json").read_text("utf-8"))
    pieces = tokenizer["model"]["vocab"]
    kept = [piece for number, piece in enumerate(pieces) if number < COMMON or len(piece[0].strip("▁")) <= 1]
    tokenizer["model"]["vocab"] = kept
    mask = tokenizer["added_tokens"][-1]
    assert mask["content"] == "<mask>"
    mask["id"] = len(kept)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    shutil.copyfile(ENCODER / "tokenizer_config.json", folder / "tokenizer_config.json")


def write_encoder(folder: Path, layers: int, width: int, model: str = "AutoModel") -> Path:
    """Write an encoder of random weights; returns its folder."""
    import torch
    import transformers

    config = transformers.XLMRobertaConfig(
        vocab_size=4500, hidden_size=16, intermediate_size=width, num_hidden_layers=layers, num_attention_heads=2,
        max_position_embeddings=514, type_vocab_size=1, pad_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    getattr(transformers, model).from_config(config).save_pretrained(folder)
    write_tokenizer(folder)
    return folder
