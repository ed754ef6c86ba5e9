"""Encoders of random weights."""

import shutil
from pathlib import Path


def write_encoder(folder: Path, layers: int, width: int, model: str = "AutoModel") -> Path:
    """Write an encoder of random weights with the embedded one's tokenizer; returns its folder."""
    import torch
    import transformers

    from xh.mini import ENCODER

    config = transformers.XLMRobertaConfig(
        vocab_size=16000, hidden_size=16, intermediate_size=width, num_hidden_layers=layers, num_attention_heads=2,
        max_position_embeddings=514, type_vocab_size=1, pad_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    getattr(transformers, model).from_config(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(ENCODER / name, folder / name)
    return folder
