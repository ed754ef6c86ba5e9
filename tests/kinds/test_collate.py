"""Batches as tensors, whatever shape the rows have."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from xh.model.collate import collate
from xh.spec import StageError


def test_inputs_are_padded_and_masked_and_other_columns_are_labels(mini):
    batch = collate(mini, [{"input_ids": [5, 6], "labels": 1}, {"input_ids": [7, 8, 9], "labels": 0}])
    assert batch["input_ids"].tolist() == [[5, 6, mini.pad_token_id], [7, 8, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert batch["labels"].tolist() == [1, 0]


@pytest.mark.parametrize("made", [tuple, np.array, torch.tensor])
def test_rows_may_be_any_sequences(mini, made):
    rows = [
        {"input_ids": made([5, 6]), "labels": made([1, 2])},
        {"input_ids": made([7, 8, 9]), "labels": made([3, 4, 5])},
    ]
    batch = collate(mini, rows)
    assert batch["input_ids"].tolist() == [[5, 6, mini.pad_token_id], [7, 8, 9]]
    assert batch["labels"].tolist() == [[1, 2, -100], [3, 4, 5]]


def test_a_tokenizer_that_cannot_pad_is_refused():
    with pytest.raises(StageError, match="no padding token"):
        collate(SimpleNamespace(pad_token_id=None), [{"input_ids": [5]}])


def test_numbers_with_a_fraction_stay_numbers_with_a_fraction(mini):
    assert collate(mini, [{"input_ids": [5], "labels": 0.5}])["labels"].dtype == torch.float32


def test_labels_per_sub_token_are_padded_with_what_losses_leave_out(mini):
    batch = collate(mini, [{"input_ids": [5, 6], "labels": [-100, 1]}, {"input_ids": [7, 8, 9], "labels": [2, 2, 2]}])
    assert batch["labels"].tolist() == [[-100, 1, -100], [2, 2, 2]]


def test_rows_of_several_inputs_become_one_tensor(bert):
    rows = [
        {"input_ids": [[5], [6, 7]], "token_type_ids": [[0], [0, 1]], "labels": 1},
        {"input_ids": [[8, 9, 10], [11]], "token_type_ids": [[0, 0, 1], [0]], "labels": 0},
    ]
    batch = collate(bert, rows)
    assert {name: tuple(values.shape) for name, values in batch.items()} == {
        "input_ids": (2, 2, 3), "token_type_ids": (2, 2, 3), "attention_mask": (2, 2, 3), "labels": (2,),
    }  # fmt: skip
    assert batch["input_ids"][0, 1].tolist() == [6, 7, bert.pad_token_id]
    assert batch["attention_mask"][1].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["token_type_ids"][1, 0].tolist() == [0, 0, 1]
