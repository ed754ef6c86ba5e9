"""The choice of the number format."""

import pytest
import torch

from xh.model import precision


@pytest.fixture(autouse=True)
def fresh():
    precision._measured.cache_clear()
    yield
    precision._measured.cache_clear()


def test_measured_once(monkeypatch):
    calls = []
    monkeypatch.setattr(precision, "_seconds", lambda device, dtype: calls.append(dtype) or 1.0)
    assert not precision.fast_bf16("cpu")
    assert not precision.fast_bf16(torch.device("cpu"))
    assert len(calls) == 2


@pytest.mark.parametrize(("seconds", "chosen"), [(0.1, torch.bfloat16), (0.9, torch.float32)])
def test_auto(monkeypatch, seconds, chosen):
    monkeypatch.setattr(precision, "_seconds", lambda device, dtype: seconds if dtype == torch.bfloat16 else 1.0)
    assert precision.working_dtype("auto", "cpu") == chosen


@pytest.mark.parametrize(
    ("asked", "fast", "taken"),
    [("auto", True, "bf16"), ("auto", False, "fp32"), ("bf16", False, "bf16"), ("fp32", True, "fp32")],
)
def test_bf16_is_taken_where_it_is_fast_or_asked_for(monkeypatch, asked, fast, taken):
    monkeypatch.setattr(precision, "fast_bf16", lambda device: fast)
    assert precision.taken(asked, torch.device("cpu")) == taken


def test_a_device_without_bfloat16(monkeypatch):
    def refuse(device, dtype):
        raise RuntimeError("not supported")

    monkeypatch.setattr(precision, "_seconds", refuse)
    assert not precision.fast_bf16("cpu")


def test_named_types():
    assert precision.working_dtype("float16", "cpu") == torch.float16
    assert precision.working_dtype(torch.float64, "cpu") == torch.float64


def test_the_real_measurement():
    assert precision.fast_bf16("cpu") in (True, False)
