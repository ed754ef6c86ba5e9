"""What memory a stage is foreseen to take, and what lets one fit."""

import pytest
from msgspec.structs import replace

from xh.data.encoder import read_config
from xh.data.outline import Outline, outlined, recorded
from xh.engine import preview
from xh.mini import ENCODER
from xh.plan import Request, build
from xh.plan.memory import PROCESS, Where, here, peak
from xh.plugins import registry

XXL = Outline(
    parameters=10_700_000_000, embedding=1_024_000_000, linear=9_700_000_000, beside=8_900_000, layers=48, hidden=4096,
    inner=16384, heads=32, file=42_800_000_000,
)  # fmt: skip
CPU, GPU = Where(), Where(gpu=True)


@pytest.fixture(scope="module")
def outline():
    return outlined(ENCODER, read_config(ENCODER))


@pytest.fixture
def asked(tmp_path):
    return Request(runs=str(tmp_path / "runs"), inter=("squad",), target=("bucc",), langs=("de",))


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A training on SQuAD."""
    runs = str(tmp_path_factory.mktemp("plan") / "runs")
    plan = build(Request(runs=runs, inter=("squad",), target=("bucc",), langs=("de",)), registry())
    return next(stage for stage in plan.stages.values() if stage.trains)


def changed(stage, **settings):
    """The stage with these settings."""
    return replace(stage, inputs=replace(stage.inputs, recipe=stage.inputs.recipe | settings))


def test_an_encoder_is_outlined_from_its_files(outline):
    assert (outline.layers, outline.hidden, outline.inner, outline.heads) == (6, 256, 1024, 4)
    assert outline.embedding == 16_000 * 256
    assert outline.file == 2 * outline.parameters  # it is kept in half precision
    assert 6 * 12 * 256**2 <= outline.linear <= 1.05 * 6 * 12 * 256**2


def test_an_encoder_that_is_not_here_is_outlined_from_its_record():
    config = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12}
    found = recorded("bert-base-multilingual-cased", config, registry())
    assert found.parameters == 177_300_000 and found.linear == 85_500_000
    assert recorded("bert-base-multilingual-cased", {}, registry()) is None
    assert recorded("somebody/else", config, registry()) is None


@pytest.mark.parametrize("setting", [{"batch_size": 64}, {"max_length": 512}, {"precision": "fp32"}])
def test_larger_batches_and_numbers_take_more(training, outline, setting):
    assert peak(changed(training, **setting), outline, CPU) > peak(
        changed(training, batch_size=8, max_length=256), outline, CPU
    )


def test_what_saves_memory_takes_less(training):
    small = {"batch_size": 1, "max_length": 64}
    plain, bf16, lora, both, all_of_it = (
        peak(changed(training, **small, **saving), XXL, GPU)
        for saving in (
            {},
            {"weights": "bf16"},
            {"adapter": "lora"},
            {"adapter": "lora", "weights": "bf16"},
            {"adapter": "lora", "weights": "bf16", "activation_checkpointing": True},
        )
    )
    assert 16 * XXL.parameters < plain < 1.2 * 16 * XXL.parameters
    assert 8 * XXL.parameters < bf16 < 0.6 * plain
    assert 4 * XXL.parameters < lora < bf16
    assert 2 * XXL.parameters < all_of_it < both < 0.7 * lora


def test_a_training_of_more_steps_leaves_more_pieces(training, outline):
    few, many = (
        peak(
            changed(
                training,
            ),
            outline,
            CPU,
            steps,
        )
        for steps in (2, 200)
    )
    assert few < many < 3 * few


def test_a_process_is_counted_on_a_cpu_alone(training, outline):
    small = changed(training, batch_size=1, max_length=32)
    assert peak(small, outline, CPU) > PROCESS > peak(small, outline, GPU)


def test_this_machine_takes_a_number_format_as_its_processor_says(monkeypatch):
    monkeypatch.setattr("xh.plan.memory._multiplies_bf16", lambda: False)
    assert here(gpu=True) == Where(gpu=True, bf16=True)
    assert here(gpu=False) == Where(gpu=False, bf16=False)


def test_a_stage_that_does_not_fit_is_told_with_what_helps(asked, monkeypatch):
    from xh.cli.plan import text

    monkeypatch.setattr(preview, "room", lambda locations: (CPU, 1_500_000_000))
    found = preview.previewed([asked], registry())
    (lack,) = [each for each in found.lacking if "squad" in each.stages[0]]
    assert lack.ways and all(way.memory <= 1_500_000_000 for way in lack.ways)
    assert f"--set {lack.ways[0].settings[0]}" in text(found)
    assert "this machine has 1.5 GB" in text(found)


def test_on_gpus_weights_can_be_divided(asked, monkeypatch):
    monkeypatch.setattr(preview, "room", lambda locations: (GPU, 500_000_000))
    found = preview.previewed([asked], registry())
    (lack,) = [each for each in found.lacking if "squad" in each.stages[0]]
    assert lack.where == "a GPU" and lack.gpus > 1


def test_what_fits_is_not_mentioned(asked, monkeypatch):
    monkeypatch.setattr(preview, "room", lambda locations: (CPU, 10**12))
    found = preview.previewed([asked], registry())
    assert found.lacking == [] and all(each.memory for each in found.stages)
