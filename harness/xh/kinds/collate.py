"""Batches: inputs of different lengths as padded tensors."""

from collections.abc import Sequence
from typing import Any

import torch

NO_LABEL = -100
"""What the losses of transformers' heads leave out."""


def collate(tokenizer: Any, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """The rows of one batch as tensors [batch, length], padded on the right.

    Rows that hold several inputs each, as lists of lists, become [batch, inputs, length]. Everything that isn't an
    input is a label; labels per sub-token are padded with -100.
    """
    names = [name for name in rows[0] if name in tokenizer.model_input_names]
    several = isinstance(rows[0]["input_ids"][0], list)
    inputs = [{name: row[name] for name in names} for row in rows]
    if several:
        inputs = [dict(zip(names, one, strict=True)) for row in inputs for one in zip(*row.values(), strict=True)]
    padded = tokenizer.pad(inputs, padding_side="right", return_tensors="pt")
    length = padded["input_ids"].shape[-1]
    shape = (len(rows), -1, length) if several else (len(rows), length)
    tensors = {name: values.view(shape) for name, values in padded.items()}
    return tensors | {name: _labels([row[name] for row in rows], length) for name in rows[0] if name not in names}


def _labels(values: list[Any], length: int) -> torch.Tensor:
    if isinstance(values[0], list):
        values = [[*labels, *[NO_LABEL] * (length - len(labels))] for labels in values]
    return torch.tensor(values)
