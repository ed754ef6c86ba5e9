"""Outputs of batches by length against those of one input at a time without padding."""

import numpy as np
import pytest
import torch
import transformers

from helpers.sampleset import read_questions
from xh.kinds import supervised
from xh.kinds.classify import Classify
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.spec import Files, SpanTraining, TaskSpec, Training
from xh.spec.examples import Examples

CONFIG = transformers.XLMRobertaConfig(
    vocab_size=16000, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=130, type_vocab_size=1, pad_token_id=1, initializer_range=0.2, num_labels=2,
)  # fmt: skip
FP32 = {"precision": "fp32"}
RECIPES = {
    Classify: Training(**FP32),
    Tag: Training(**FP32),
    Span: SpanTraining(max_length=96, stride=40, max_query=30, **FP32),
}


def made(kind, rows):
    """Rows of different lengths for a kind, out of questions."""
    words = [row["question"].split() for row in rows]
    columns = {
        Span: {name: [row[name] for row in rows] for name in ("id", "question", "context", "answers")},
        Classify: {"text_a": [row["question"] for row in rows], "label": [0] * len(rows)},
        Tag: {"tokens": words, "tags": [[0] * len(each) for each in words]},
    }
    return Examples(columns[kind], "data", "de")


@pytest.mark.parametrize("budget", [100, 4096])
@pytest.mark.parametrize("kind", RECIPES)
def test_outputs_and_predictions_are_those_of_single_inputs(mini, kind, budget, monkeypatch):
    monkeypatch.setitem(supervised.TOKENS, "cpu", budget)
    task = TaskSpec(
        name="some", kind=kind.__name__.lower(), roles=("intermediate",), languages=("de",), metric="some",
        data=Files(("{lang}.jsonl",), {"train": "train"}), labels=("a", "b"),
    )  # fmt: skip
    torch.manual_seed(0)
    model = getattr(transformers, kind.head).from_config(CONFIG)
    examples, recipe = made(kind, read_questions("de")), RECIPES[kind]
    features = kind().features(examples, mini, recipe, train=False)
    assert len(set(features.lengths)) > 5
    found = supervised.forward(kind(), model, mini, features, recipe)
    assert model.training
    model.eval()
    with torch.no_grad():
        single = [model(input_ids=torch.tensor([each["input_ids"]])).to_tuple() for each in features]
    expected = [tuple(output[0].numpy() for output in outputs) for outputs in single]
    for one, other in zip(found, expected, strict=True):
        for values, plain in zip(one, other, strict=True):
            np.testing.assert_allclose(values, plain, atol=1e-5)
    decoded = [kind().decode(outputs, features, examples, recipe, task) for outputs in (found, expected)]
    assert decoded[0] == decoded[1]
