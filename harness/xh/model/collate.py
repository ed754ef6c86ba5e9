"""Batches: inputs of different lengths as padded tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from xh.spec import StageError

NO_LABEL = -100
"""What the losses of transformers' heads leave out."""


def collate(tokenizer: Any, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """The rows of one batch as tensors [batch, length], padded on the right.

    Rows that hold several inputs each, as lists of lists, become [batch, inputs, length]. Everything that isn't an
    input is a label; labels per subword token are padded with -100.
    """
    if tokenizer.pad_token_id is None:
        raise StageError("The encoder's tokenizer has no padding token.", todo="Choose an encoder that has one.")
    names = [name for name in rows[0] if name in tokenizer.model_input_names]
    several = isinstance(rows[0]["input_ids"][0], list)
    inputs = [{name: row[name] for name in names} for row in rows]
    if several:
        inputs = [dict(zip(names, one, strict=True)) for row in inputs for one in zip(*row.values(), strict=True)]
    lengths = torch.tensor([len(row["input_ids"]) for row in inputs])
    length = int(lengths.max())
    filling = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id}
    padded = {name: _padded([row[name] for row in inputs], length, filling.get(name, 0)) for name in names}
    if "attention_mask" in tokenizer.model_input_names:
        padded.setdefault("attention_mask", (torch.arange(length) < lengths[:, None]).long())
    shape = (len(rows), -1, length) if several else (len(rows), length)
    tensors = {name: values.view(shape) for name, values in padded.items()}
    return tensors | {
        name: _padded([row[name] for row in rows], length, NO_LABEL) for name in rows[0] if name not in names
    }


def _padded(values: list[Any], length: int, filling: int) -> torch.Tensor:
    """Numbers, or lists of them with ``filling`` up to ``length``; ``tokenizer.pad`` takes ten times as long."""
    if np.ndim(values[0]):
        values = [[*value, *[filling] * (length - len(value))] for value in values]
    made = torch.from_numpy(np.array(values))
    return made.float() if made.is_floating_point() else made
