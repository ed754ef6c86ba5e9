"""The demo's baseline is the same whether a CPU likes bfloat16 or not, and says what it was made on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from helpers.distributions import install_distribution
from helpers.running import answer_here
from xh.results.records import Row

REQUEST = ("run", "--inter", "none", "--target", "bucc", "--langs", "ru", "--json")
PLUGIN = """
import os
from xh.api import hookimpl

@hookimpl
def xh_load_data(task):
    from xh.model import precision

    precision.fast_bf16 = lambda device: True
    print("visible:", os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)  # to worker.log
"""


def run_demo(tmp_path, *options: str):
    """Run a part of the demo's baseline on a CPU that likes bfloat16; its rows, and what it says."""
    install_distribution(tmp_path, "xh-forced", PLUGIN)
    env = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    command = [Path(sys.executable).with_name("xh"), *REQUEST, *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, check=True)
    return json.loads(done.stdout)["rows"], done.stderr.splitlines()


def test_the_demos_baseline_does_not_depend_on_bf16(monkeypatch, tmp_path):
    monkeypatch.setattr("xh.model.precision.fast_bf16", lambda device: False)
    fast, said = run_demo(tmp_path, "--runs", "yes", "--device", "cpu")
    slow = json.loads(answer_here(tmp_path, *REQUEST, "--runs", "no").out)["rows"]
    assert [row["metric"] for row in fast] == ["f1", "precision", "recall"]
    own = [name for name in Row.__struct_fields__ if name != "protocol"]
    assert [[row[name] for name in own] for row in fast] == [[row[name] for name in own] for row in slow]
    assert {row["protocol"]["precision"] for row in (*fast, *slow)} == {"fp32"}

    (path,) = (tmp_path / "yes" / "stages").glob("*/stage.json")
    record = json.loads(path.read_text())
    machine = record["machine"]
    assert (machine["device"], machine["precision"]) == ("cpu", "fp32") and machine["processor"]
    assert said[0] == f"Computes on cpu: {machine['processor']}, {machine['threads']} threads, fp32"
    assert said[1] == "[1/1] evaluate bucc"
    assert "visible: \n" in (tmp_path / "yes" / "worker.log").read_text()
