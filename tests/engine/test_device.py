"""``--device``: refused before anything starts where it isn't there, and then the worker's only one."""

import json
import sys

import pytest

from xh.cli.main import main
from xh.engine import device
from xh.plan import Request
from xh.spec import UsageError


def install_gpus(monkeypatch, *names: str) -> None:
    """Have torch find GPUs of these names."""
    monkeypatch.setattr(device, "PROBE", (sys.executable, "-c", f"print('Hello!'); print({json.dumps(names)!r})"))


def check(name: str) -> None:
    device.check_device(Request(inter=(), target=(), device=name))


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_gpu_asked_for_torch_is_not_asked(monkeypatch, name):
    monkeypatch.setattr(device, "PROBE", ("no-such-program",))
    check(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1"])
def test_what_is_there_will_do(monkeypatch, name):
    install_gpus(monkeypatch, "H100", "H100")
    check(name)


@pytest.mark.parametrize(
    ("names", "name", "why"),
    [
        ((), "cuda", "torch finds no GPU."),
        (("H100", "A100"), "cuda:2", "torch finds cuda:0 (H100), cuda:1 (A100)."),
    ],
)
def test_what_is_not_there_is_named_beside_what_is(monkeypatch, names, name, why):
    install_gpus(monkeypatch, *names)
    with pytest.raises(UsageError, match=f"--device {name} is not there") as caught:
        check(name)
    assert (caught.value.why, caught.value.exit_code) == (why, 2)
    assert "--device cpu" in caught.value.todo


def test_a_torch_that_does_not_work_says_so(monkeypatch):
    monkeypatch.setattr(device, "PROBE", (sys.executable, "-c", "raise ImportError('libcudart is missing')"))
    with pytest.raises(UsageError) as caught:
        check("cuda")
    assert caught.value.why == "ImportError: libcudart is missing"


def test_one_gpu_is_not_for_several_processes(monkeypatch):
    install_gpus(monkeypatch, "H100", "H100")
    for name, text in {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, text)
    check("cuda")
    with pytest.raises(UsageError, match="is one GPU, but 2 processes train"):
        check("cuda:1")


def test_a_run_ends_before_anything_starts(monkeypatch, tmp_path, capsys):
    install_gpus(monkeypatch)
    assert main(["run", "--target", "bucc", "--device", "cuda", "--runs", str(tmp_path / "runs")]) == 2
    assert "torch finds no GPU" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_the_real_torch_is_asked_for_what_the_run_would_see(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(UsageError, match="--device cuda is not there"):
        check("cuda")


@pytest.mark.parametrize(
    ("name", "visible", "found"),
    [
        ("auto", None, {}),
        ("cuda", "3,5", {}),
        ("cpu", "3,5", {"CUDA_VISIBLE_DEVICES": ""}),
        ("cuda:1", None, {"CUDA_VISIBLE_DEVICES": "1"}),
        ("cuda:1", "3,5", {"CUDA_VISIBLE_DEVICES": "5"}),
    ],
)
def test_the_worker_sees_that_device_alone(monkeypatch, name, visible, found):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert device.environment(name) == found
