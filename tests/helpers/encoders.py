"""Encoders of random weights, for tests that import nothing heavy before they need one."""

from pathlib import Path


def write_encoder(folder: Path, layers: int, width: int, model: str = "AutoModel") -> Path:
    """Write an encoder of random weights; returns its folder."""
    from transformers import XLMRobertaConfig

    from helpers.tiny_encoders import save_encoder

    config = XLMRobertaConfig(
        vocab_size=4500, hidden_size=16, intermediate_size=width, num_hidden_layers=layers, num_attention_heads=2,
        max_position_embeddings=514, type_vocab_size=1, pad_token_id=1,
    )  # fmt: skip
    return save_encoder(model, folder, config)
