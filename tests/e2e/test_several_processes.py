"""``accelerate launch``: several processes train as one would, make one set of files, and none waits in vain."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
import transformers
from safetensors.torch import load_file

from helpers.answers import write_library_names
from helpers.running import answer_here
from xh.mini import ENCODER
from xh.store import Store

RECIPE = {"epochs": 4, "batch_size": 8, "learning_rate": 1e-3, "eval_every": 3, "precision": "fp32"}
REQUEST = "--inter none --target pawsx --langs de --data sample --limit-train 43 --limit-eval 40 --keep all --json"
LAUNCHER = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --main_process_port 0"
TWO = {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "2"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with an encoder that draws nothing at random, for processes would draw otherwise than one."""
    folder = tmp_path_factory.mktemp("place")
    config = transformers.XLMRobertaConfig(
        vocab_size=16000, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=130, type_vocab_size=1, pad_token_id=1, initializer_range=0.2,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.AutoModel.from_config(config).save_pretrained(folder / "encoder")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(ENCODER / name, folder / "encoder" / name)
    return folder


def words(runs, launcher="", *more):
    settings = [f"--set=pawsx.{name}={value}" for name, value in RECIPE.items()]
    launched = [sys.executable, *launcher.split(), "-m", "xh", "run", *REQUEST.split(), *settings]
    return [*launched, "--model=encoder", f"--runs={runs}", *more]


def run(place, runs, launcher="", **variables):
    """A whole run; ``out`` is its result, ``err`` what else it said."""
    options = {"cwd": place, "env": os.environ | {"XH_CHECKPOINT_SECONDS": "0"} | variables}
    done = subprocess.run(words(runs, launcher), capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def run_here(place, runs, *more, **variables):
    """As ``run``, but this process has the worker's part, and the launcher's."""
    with pytest.MonkeyPatch.context() as patched:
        for name, text in {"XH_CHECKPOINT_SECONDS": "0", **variables}.items():
            patched.setenv(name, text)
        code, out, err = answer_here(place, *words(runs, "", *more)[words(runs).index("run") :])
    assert code == 0, err
    return json.loads(out), err


@pytest.fixture(scope="module")
def alone(place):
    return run_here(place, "alone")


@pytest.fixture(scope="module")
def launched(place):
    return run(place, "launched", LAUNCHER)


def stages(place, runs):
    store = Store(place / runs)
    assert store.verify() == {}
    assert [*store.failed.iterdir(), *store.unfinished.glob("*"), *store.stages.glob(".*")] == []
    return {record.stage.phase: record for record in store.records()}


def weights(place, runs):
    return load_file(place / runs / "stages" / stages(place, runs)["target"].stage.id / "model" / "model.safetensors")


def scores(result):
    return [[row["lang"], row["metric"], row["value"], row["n"], row["stage"]] for row in result[0]["rows"]]


def test_two_processes_give_the_scores_and_the_weights_of_one(place, alone, launched):
    """The last batch of an epoch, 43 inputs in batches of 8, among them."""
    assert scores(launched) == scores(alone)
    wanted = weights(place, "alone")
    assert all(torch.allclose(found, wanted[name], atol=1e-3) for name, found in weights(place, "launched").items())


def test_there_is_one_set_of_files_and_one_report(place, alone, launched):
    ours, theirs = stages(place, "launched"), stages(place, "alone")
    assert {phase: record.files.keys() for phase, record in ours.items()} == {
        phase: record.files.keys() for phase, record in theirs.items()
    }
    assert [ours["target"].facts[name] for name in ("processes", "steps", "inputs")] == [2, 24, 43]
    assert told(alone) == told(launched) != []


def told(result):
    """What a run says of its rows and dev evaluations, but for the time that is left on a slow machine."""
    return [line.partition(" · ")[0] for line in result[1].splitlines() if "dev" in line or "rows" in line]


def test_when_all_is_there_every_process_ends(place, launched):
    """The second one at once: what a launcher says to each is all that tells them apart."""
    again = run(place, "launched", **TWO)
    assert scores(again) == scores(launched)
    assert "0 stages run, 2 already in launched: nothing to do." in again[1]
    done = subprocess.run(words("launched"), cwd=place, env=os.environ | TWO | {"LOCAL_RANK": "1"}, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.fixture
def begun(place, launched):
    """A run of two processes in the middle of its training: the run, the processes that train, and the worker.

    It got there although the folder where it was started has files that are called like libraries.
    """
    write_library_names(place)
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    options = {"cwd": place, "env": env | {"XH_CHECKPOINT_SECONDS": "0"} | TWO}
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(words("killed"), text=True, **pipes, **options) as process:
        while not list(place.glob("killed/checkpoints/*/complete.json")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        (worker,) = psutil.Process(process.pid).children()
        worker.suspend()  # and they wait for it when they have something to tell, in the middle of the training
        members = [each for each in worker.children(recursive=True) if each.ppid() != worker.pid]
        yield process, members, worker
        process.kill()


def test_where_one_process_is_killed_all_end_and_the_next_run_goes_on(place, launched, begun):
    process, members, worker = begun
    members[1].kill()
    worker.resume()
    out, err = process.communicate(timeout=600)
    assert (process.returncode, json.loads(out)["rows"]) == (1, [])
    assert "Process 2 of 2 died (signal 9)." in err
    assert psutil.wait_procs(members, timeout=600)[1] == []
    assert list(Path(place, "killed", "stages").iterdir()) == []
    (saved,) = place.glob("killed/checkpoints/*/complete.json")
    chance = {Path(name).name for name in json.loads(saved.read_text())["files"] if "rng_state" in name}
    assert chance == {"rng_state_0.pth", "rng_state_1.pth"}
    again = run_here(place, "killed", "--gpus-per-stage=2")  # which starts as many itself
    assert "resumes after step" in again[1]
    assert scores(again) == scores(launched)
    wanted = weights(place, "launched")
    assert all(torch.equal(found, wanted[name]) for name, found in weights(place, "killed").items())
