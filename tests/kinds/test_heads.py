"""One kind after another: a body takes a new head, whatever head it had."""

from functools import partial

import pytest
import torch
import transformers

from xh.kinds.base import kind_of
from xh.mini import ENCODER
from xh.model.collate import collate
from xh.model.weights import load_finetuned, load_for_training, load_tokenizer
from xh.spec import Files, SpanTraining, TaskSpec
from xh.spec.examples import Examples

ROWS = {
    "classify": {"text_a": ["a b"], "text_b": ["c"], "label": [2]},
    "tag": {"tokens": [["a", "b", "c"]], "tags": [[0, 2, 1]]},
    "choice": {"text": ["a b"], "choices": [["c", "d", "e f"]], "label": [2]},
    "span": {
        "id": ["1"], "question": ["a"], "context": ["b c"], "answers": [{"text": ["c"], "answer_start": [2]}],
    },
}  # fmt: skip
OUTPUTS = {"classify": [(4,)], "tag": [(None, 4)], "choice": [(3,)], "span": [(None,), (None,)]}


def task(kind):
    labels = ("w", "x", "y", "z") if kind in ("classify", "tag") else ()
    data = Files(("{split}.jsonl",), {"train": "train"})
    return TaskSpec(
        name="t", kind=kind, roles=("intermediate",), languages=("en",), metric="m", labels=labels, data=data
    )


def build(kind):
    return partial(kind_of(task(kind)).build_model, task=task(kind))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A very small encoder with the embedded one's tokenizer."""
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = load_tokenizer(ENCODER)
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("after", ROWS)
@pytest.mark.parametrize("before", ROWS)
def test_a_head_has_the_outputs_and_the_loss_of_its_own_kind(tiny, tmp_path, before, after):
    first, tokenizer = load_for_training(tiny, build(before))
    first.save_pretrained(tmp_path / before)
    tokenizer.save_pretrained(tmp_path / before)

    kind = kind_of(task(after))
    model, tokenizer = load_for_training(tmp_path / before, build(after))
    features = kind.features(Examples(ROWS[after], "t"), tokenizer, SpanTraining(), train=True)
    loss, *outputs = model(**collate(tokenizer, [features[0]])).to_tuple()
    assert loss.isfinite()
    length = len(features[0]["input_ids"])
    assert [values.shape[1:] for values in outputs] == [
        tuple(size or length for size in shape) for shape in OUTPUTS[after]
    ]

    model.save_pretrained(tmp_path / "fine")
    tokenizer.save_pretrained(tmp_path / "fine")
    again, _ = load_finetuned(tmp_path / "fine", kind.head, build(after))
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
