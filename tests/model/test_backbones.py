"""Every kind on every architecture: no weight of the body is lost, padding changes nothing, layers are cut."""

from functools import partial

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from helpers.backbones import DECODERS, ENCODERS, thin
from xh.data import architectures
from xh.data.architectures import TABLES, architecture
from xh.kinds.base import kind_of
from xh.kinds.windows import frame
from xh.model.body import body_of
from xh.model.collate import collate
from xh.model.heads import HeadedModel
from xh.model.weights import load_body, load_finetuned, load_for_training, load_with_head
from xh.retrieval import encode
from xh.spec import Files, MissingError, SpanTraining, TaskSpec
from xh.spec.examples import Examples

ROWS = {
    "classify": {"text_a": ["a b", "c d e f"], "text_b": ["c", "c"], "label": [2, 1]},
    "tag": {"tokens": [["a", "b", "c"], ["a"]], "tags": [[0, 2, 1], [1]]},
    "choice": {"text": ["a b", "a"], "choices": [["c", "d", "e f"], ["a", "b", "c"]], "label": [2, 0]},
    "span": {
        "id": ["1", "2"], "question": ["a", "a d"], "context": ["b c", "b c d"],
        "answers": [{"text": ["c"], "answer_start": [2]}] * 2,
    },
    "rank": {"query": ["a", "b c d"], "candidate": ["c", "d e"]},
}  # fmt: skip


def task(kind):
    labels = ("w", "x", "y", "z") if kind in ("classify", "tag") else ()
    data = Files(("{split}.jsonl",), {"train": "train"})
    return TaskSpec(
        name="t", kind=kind, roles=("intermediate",), languages=("en",), metric="m", labels=labels, data=data
    )


def build(kind):
    return partial(kind_of(task(kind)).build_model, task=task(kind))


def assert_whole(body, folder):
    """Every weight of the body but a new pooler's is that of the file."""
    found = load_file(folder / "model.safetensors")
    for name, weight in body.state_dict().items():
        name = "shared.weight" if name == "encoder.embed_tokens.weight" else name  # T5's
        same = [each for each in found if each == name or each.endswith(f".{name}")]
        assert name.startswith("pooler.") or any(torch.equal(weight, found[each]) for each in same), name


@pytest.mark.parametrize("name", thin("eurobert", "mt5", "qwen3"))
def test_below_any_head_the_body_is_the_files(backbone, name):
    for kind in ROWS:
        model, _ = load_for_training(backbone(name), build(kind))
        assert_whole(body_of(model), backbone(name))
        own = isinstance(model, HeadedModel)
        assert own == (name not in ENCODERS or kind == "rank" or (name == "eurobert" and kind in ("span", "choice")))


@pytest.mark.parametrize("name", thin("gemma3", of=["xlm-roberta-xl", "modernbert", "eurobert", "mt5", *DECODERS]))
@pytest.mark.parametrize("kind", ["classify", "tag", "choice", "span"])
def test_padding_changes_nothing_and_a_head_is_read_again(backbone, tmp_path, name, kind):
    model, tokenizer = load_for_training(backbone(name), build(kind))
    features = kind_of(task(kind)).features(Examples(ROWS[kind], "t"), tokenizer, SpanTraining(), train=True)
    together = model(**collate(tokenizer, [features[0], features[1]]))
    together.loss.backward()
    assert together.loss.isfinite() and all(weight.grad is not None for weight in head_weights(model))
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    again, same = load_finetuned(tmp_path, kind_of(task(kind)).head, build(kind))
    again.eval()
    outputs = again(**collate(same, [features[0], features[1]])).to_tuple()[1:]
    for row in (0, 1):
        for alone, batch in zip(again(**collate(same, [features[row]])).to_tuple()[1:], outputs, strict=True):
            kept = batch[row : row + 1, : alone.shape[1]]  # without padding, where there is an output for each token
            assert torch.allclose(alone, kept, atol=1e-4)


def head_weights(model):
    return [weight for name, weight in model.named_parameters() if name.split(".")[0] != model.base_model_prefix]


@pytest.mark.parametrize("name", thin("deberta-v2", "modernbert", "mt5", "gemma3"))
def test_a_hidden_state_is_that_of_the_whole_body(backbone, name):
    body, tokenizer = load_body(backbone(name))
    body.eval()
    inputs = tokenizer("the cat sat on a mat", return_tensors="pt")
    with torch.no_grad():
        states = body(input_ids=inputs["input_ids"], output_hidden_states=True).hidden_states
    ran = []
    hooks = [
        each.register_forward_hook(lambda *_, each=each: ran.append(each))
        for parent in body.modules()
        if isinstance(parent, torch.nn.ModuleList) and len(parent) == 3
        for each in parent
    ]
    for layer, state in enumerate(states):
        ran.clear()
        found = encode(body, ["the cat sat on a mat"], layer=layer, dtype="float32", tokenizer=tokenizer)
        np.testing.assert_allclose(found[0], state[0].mean(0).numpy(), atol=1e-4)
        assert len(ran) == layer
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoders_texts_end_and_pairs_are_told_apart(backbone, name):
    _, tokenizer = load_body(backbone(name))
    end = tokenizer.eos_token_id
    before = [1] if name == "llama" else []
    assert (frame(tokenizer).before, frame(tokenizer).between, frame(tokenizer).after) == (before, [end], [end])
    assert tokenizer.pad_token_id == end and tokenizer.padding_side == "right"


@pytest.mark.parametrize("name", thin("gemma3", "llama", of=DECODERS))
def test_a_decoder_that_looks_both_ways_goes_on_to(backbone, tmp_path, name):
    def first(body):
        body.eval()
        return [body(input_ids=torch.tensor([[5, last]])).last_hidden_state[0, 0] for last in (6, 7)]

    assert torch.equal(*first(load_body(backbone(name))[0]))
    model, tokenizer = load_for_training(backbone(name), build("classify"), bidirectional=True)
    assert model.pooling == "mean"
    assert not torch.equal(*first(model.body))
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    assert not torch.equal(*first(load_body(tmp_path)[0]))


@pytest.mark.parametrize("pooling", ["words", "last"])
def test_a_pooling_that_is_named_has_a_head_of_its_own(backbone, tmp_path, pooling):
    model, tokenizer = load_for_training(backbone("bert"), build("classify"), pooling=pooling)
    assert isinstance(model, HeadedModel) and model.pooling == pooling
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    again, _ = load_finetuned(tmp_path, "AutoModelForSequenceClassification", build("classify"))
    assert again.pooling == pooling and again.special.tolist() == model.special.tolist() != []
    after, _ = load_for_training(tmp_path, build("classify"))
    assert isinstance(after, transformers.BertForSequenceClassification)


@pytest.mark.parametrize("name", ["Llama", "Qwen3"])
def test_a_class_that_loses_the_body_is_refused(backbone, name):
    """The class for questions and answers has another name for the body than the causal one it was saved by."""
    folder = backbone(name.lower())
    assert load_with_head(folder, f"{name}ForQuestionAnswering") is None
    with pytest.raises(MissingError, match=f"is not a complete {name}ForQuestionAnswering"):
        load_finetuned(folder, f"{name}ForQuestionAnswering", build("span"))


def test_the_tables_are_those_of_transformers():
    from transformers.models.auto import modeling_auto

    for auto, table in TABLES.items():
        assert architectures._named(auto).keys() == getattr(modeling_auto, table).keys()
    assert [name for name in ("mt5", "t5", "umt5", "bart", "bert") if architecture(name).half] == ["mt5", "t5", "umt5"]
    assert [name for name in ("llama", "gemma3_text", "xlm-roberta", "mt5") if architecture(name).decoder] == [
        "llama",
        "gemma3_text",
    ]
