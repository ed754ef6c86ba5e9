"""What an encoder lacks for a task is said from its config alone."""

import pytest

from xh.data.encoder import Encoder
from xh.plan import fit
from xh.plan.fit import check_fit
from xh.spec import Files, Retrieval, TaskSpec, UsageError
from xh.spec.recipe import PooledTraining, RankTraining, TextTraining


def task(kind):
    data = Files(("{split}.jsonl",), {"train": "train"})
    labels = ("yes", "no") if kind == "classify" else ()
    return TaskSpec(
        name="t", kind=kind, roles=("intermediate",), languages=("en",), metric="m", data=data, labels=labels
    )


def said(kind, recipe, trusted=False, **config):
    try:
        check_fit(Encoder(name="e", source="e", identity="e", config=config), task(kind), recipe, trusted)
    except UsageError as error:
        return f"{error}"
    return ""


@pytest.mark.parametrize(
    ("kind", "recipe", "config", "why"),
    [
        ("mlm", TextTraining(), {"model_type": "qwen3"}, "the type 'qwen3' is a decoder"),
        ("mlm", TextTraining(), {"model_type": "mt5"}, "the type 'mt5' is half of an encoder-decoder"),
        ("rank", RankTraining(pooling="pooler"), {"model_type": "llama"}, "has no pooler"),
        ("rank", RankTraining(pooling="pooler"), {"model_type": "modernbert"}, "has no pooler"),
        ("bitext", Retrieval(bidirectional=True), {"model_type": "bert"}, "is no decoder"),
        ("classify", PooledTraining(), {"model_type": "gemma3", "vision_config": {}}, "reads images too"),
        ("classify", PooledTraining(), {"model_type": "new"}, "has no model of the type 'new'"),
        ("classify", PooledTraining(), {"model_type": "new", "auto_map": {}}, "its own code could, but is not trusted"),
        ("classify", PooledTraining(weights="bf16", precision="fp32"), {}, "not in fp32"),
    ],
)
def test_what_is_lacking_is_named(kind, recipe, config, why):
    assert why in said(kind, recipe, **config)


@pytest.mark.parametrize("name", ["bert", "xlm-roberta", "eurobert", "mt5", "gemma3_text", "llama"])
def test_what_fits(name):
    assert not said("classify", PooledTraining(pooling="words", weights="bf16"), model_type=name)
    assert not said("rank", RankTraining(), model_type=name)


def test_code_that_is_trusted_is_not_judged():
    assert not said("mlm", TextTraining(), trusted=True, model_type="new", auto_map={})


def test_an_adapter_and_moments_in_eight_bits_need_their_libraries(monkeypatch):
    monkeypatch.setattr(fit, "find_spec", lambda name: None)
    assert "pip install 'xh[lora]'" in said("classify", PooledTraining(adapter="lora"))
    assert "pip install 'xh[8bit]'" in said("classify", PooledTraining(optimizer="adamw_8bit"))
