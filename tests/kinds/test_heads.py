"""One kind after another: a body takes a new head, whatever head it had."""

from functools import partial

import pytest
import torch
import transformers

from xh.kinds.base import kind_of
from xh.kinds.classify import Classify
from xh.mini import ENCODER
from xh.model.collate import collate
from xh.model.heads import ChoiceHead, PooledHead, SpanHead, TokenHead
from xh.model.tokenizer import load_tokenizer
from xh.model.weights import load_body, load_finetuned, load_for_training
from xh.spec import Files, MissingError, SpanTraining, TaskSpec
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


class OwnClass(transformers.XLMRobertaForSequenceClassification):
    """A model class that transformers has not."""


class OwnHead(Classify):
    head = f"{__name__}:OwnClass"


def test_a_head_may_be_a_class_of_a_plugin(tiny, tmp_path):
    build = partial(OwnHead().build_model, task=task("classify"))
    model, tokenizer = load_for_training(tiny, build)
    assert isinstance(model, OwnClass) and model.config.num_labels == 4
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    again, _ = load_finetuned(tmp_path, OwnHead.head, build)
    assert isinstance(again, OwnClass)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))


HEADS = {
    "classify": lambda body: PooledHead(body, 4),
    "tag": lambda body: TokenHead(body, 4),
    "choice": ChoiceHead,
    "span": SpanHead,
}


@pytest.mark.parametrize("kind", HEADS)
def test_any_body_takes_a_head_with_the_outputs_of_its_kind(tiny, tmp_path, kind):
    model, tokenizer = load_for_training(tiny, HEADS[kind])
    examples = Examples({name: values * 2 for name, values in ROWS[kind].items()}, "t")
    features = kind_of(task(kind)).features(examples, tokenizer, SpanTraining(), train=True)
    inputs = collate(tokenizer, [features[0], features[1]])
    loss, *outputs = model(**inputs).to_tuple()
    loss.backward()
    assert loss.isfinite() and model.head.weight.grad.abs().sum() > 0
    length = len(features[0]["input_ids"])
    assert [values.shape for values in outputs] == [(2, *(size or length for size in shape)) for shape in OUTPUTS[kind]]
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    again, _ = load_finetuned(tmp_path, "", HEADS[kind])
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
    assert torch.equal(next(load_body(tmp_path)[0].parameters()), next(model.parameters()))
    with pytest.raises(MissingError, match="does not match its kind"):
        load_finetuned(tmp_path, "", lambda body: PooledHead(body, 5))


def test_a_pooled_head_meets_numbers_and_reads_no_padding(tiny):
    model, tokenizer = load_for_training(tiny, lambda body: PooledHead(body, 1))
    model.eval()
    rows = [{"input_ids": ids, "labels": score} for ids, score in (([5, 6], 0.5), ([5, 6, 7, 8], 1.5))]
    loss, logits = model(**collate(tokenizer, rows)).to_tuple()
    alone = [model(**collate(tokenizer, [row])).logits for row in rows]
    assert torch.allclose(logits, torch.cat(alone), atol=1e-6)
    assert torch.allclose(loss, ((logits[:, 0] - torch.tensor([0.5, 1.5])) ** 2).mean())
