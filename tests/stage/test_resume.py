"""A training that was killed goes on where it was saved, and comes to what it would have come to undisturbed."""

import json
import random
import shutil
from collections import defaultdict

import numpy as np
import pytest
import torch
import transformers
from msgspec.structs import replace
from safetensors.torch import load_file, save_file

from helpers.changes import Scripted, before_losses, before_steps
from helpers.outcomes import kill, same, told, weights
from xh.training import trainer
from xh.training.trainer import train

RECIPE = {"epochs": 4, "learning_rate": 3e-3}  # 5 steps an epoch, a look at the end of each


@pytest.fixture(autouse=True)
def draws(worker):
    """Every step draws from Python's and NumPy's sources of chance, as dropout does from torch's."""

    def flip(inputs):
        for row in (random.randrange(8), np.random.randint(8)):
            inputs["labels"][row] = 1 - inputs["labels"][row]

    worker.methods = (before_losses(flip),)


def kill_after(worker, step, name="killed", **recipe):
    """Begin a training and kill it in the step after ``step``; gives the job and its checkpoint."""
    job = worker.job(name, **RECIPE | recipe)
    kill(job, step)
    return job, job.checkpoints.latest()


UNDISTURBED = {}


def undisturbed(worker, *scores, **recipe):
    """What the training comes to, learnt once for all tests of a recipe and of these scripted scores."""
    key = (scores, *sorted(recipe.items()))
    if key not in UNDISTURBED:
        job = worker.job("undisturbed", **RECIPE | recipe)
        UNDISTURBED[key] = weights_and_facts(job, train(job))
    return UNDISTURBED[key]


def weights_and_facts(job, facts):
    return weights(job), told(facts)


def equal(some, others):
    return same(some[0], others[0]) and some[1] == others[1]


@pytest.mark.parametrize(("step", "select"), [(4, "english-dev"), (5, "english-dev"), (6, "last"), (19, "last")])
def test_a_killed_training_comes_to_the_same(worker, step, select):
    """In the middle of an epoch, and at the end of one, where nothing is saved without a look."""
    job, checkpoint = kill_after(worker, step, select=select)
    assert int(checkpoint.name.rpartition("-")[2]) in (step, step - 1 if step % 5 == 0 else step)
    assert equal(weights_and_facts(job, train(job)), undisturbed(worker, select=select))


def test_one_killed_again_and_again_comes_to_the_same(worker):
    for step in (3, 8):
        job, _ = kill_after(worker, step)
    assert equal(weights_and_facts(job, train(job)), undisturbed(worker))


def test_the_log_is_that_of_the_whole_training(worker):
    """Up to the checkpoint as it was written then, and from there on."""
    job = worker.job("killed", **RECIPE)
    (job.folder / "log.jsonl").write_text("first\n")
    kill_after(worker, 7)
    (job.folder / "log.jsonl").unlink()
    worker.log.clear()
    train(job)
    assert (job.folder / "log.jsonl").read_text() == "first\n"
    assert worker.log[0] == {"message": "resumes after step 7"}
    assert [entry["step"] for entry in worker.log if "dev" in entry] == [10, 15, 20]


def test_in_bf16_the_weights_are_as_near_as_that(worker):
    job, _ = kill_after(worker, 7, precision="bf16")
    train(job)
    wanted = undisturbed(worker, precision="bf16")[0]
    assert all(torch.allclose(weight, wanted[name], atol=1e-3) for name, weight in weights(job).items())


def test_a_training_that_was_done_but_for_its_commit_trains_no_more(worker):
    """Even where it ends within an epoch."""
    script(worker, 10.0, 20.0, 30.0, 40.0)
    job = worker.job("done", **RECIPE | {"epochs": 3.4})
    before = weights_and_facts(job, train(job))
    once = replace(job, methods=(*job.methods, before_steps(lambda _: pytest.fail("trained again"))))
    assert equal(weights_and_facts(once, train(once)), before)


def test_a_store_that_was_moved_still_has_the_best_look(worker):
    script(worker, 90.0, *[10.0] * 3)
    job, _ = kill_after(worker, 13)
    moved = worker.job("moved", **RECIPE)
    job.checkpoints.folder.rename(moved.checkpoints.folder)
    found = weights_and_facts(moved, train(moved))
    script(worker, 90.0, *[10.0] * 3)
    assert equal(found, undisturbed(worker, 90.0, *[10.0] * 3))


def script(worker, *values):
    """Have the dev evaluations of the jobs to come give these scores, one after the other."""
    worker.kind = Scripted(any=iter(values))


def torch_file(name, edit):
    """Changes what is in a file of torch's."""

    def apply(folder, _):
        with transformers.trainer_pt_utils.safe_globals():
            content = torch.load(folder / name, weights_only=True)
        edit(content)
        torch.save(content, folder / name)

    return apply


def chance(name, state):
    return torch_file("rng_state.pth", lambda states: states.update({name: state}))


def state_file(edit):
    def apply(folder, _):
        path = folder / "trainer_state.json"
        content = json.loads(path.read_text())
        edit(content)
        path.write_text(json.dumps(content))

    return apply


def zero_moments(optimizer):
    for moments in optimizer["state"].values():
        moments["exp_avg"].zero_()


def drop_look(step):
    def drop(state):
        state["log_history"] = [entry for entry in state["log_history"] if "dev" not in entry or entry["step"] != step]

    return drop


def other_weights(folder, _):
    path = folder / "model.safetensors"
    save_file({name: weight * 1.01 for name, weight in load_file(path).items()}, path, {"format": "pt"})


def forget_position(_, patched):
    """The data position is the step's; a Trainer can be told to begin the epoch anew."""
    made = trainer.training_arguments

    def forgetful(*arguments):
        found = made(*arguments)
        found.ignore_data_skip = True
        return found

    patched.setattr(trainer, "training_arguments", forgetful)


LAST = {
    "nothing": lambda *_: None,
    "weights": other_weights,
    "optimizer": torch_file("optimizer.pt", zero_moments),
    "scheduler": torch_file("scheduler.pt", lambda state: state.update(last_epoch=0)),
    "python's chance": chance("python", random.Random(0).getstate()),
    "numpy's chance": chance("numpy", np.random.RandomState(0).get_state()),
    "torch's chance": chance("cpu", torch.Generator().get_state()),
    "data position": forget_position,
    "step": state_file(lambda state: state.update(global_step=12)),
}
SCORES = (90.0, 10.0, 50.0, 10.0, 10.0, 10.0)
LOOKS = {"nothing": lambda *_: None, "best look": state_file(drop_look(5)), "patience": state_file(drop_look(10))}


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """By recipe, the checkpoints of a training that was killed in the middle of an epoch."""
    return defaultdict(lambda: tmp_path_factory.mktemp("begun") / "checkpoints")


def resume_without(worker, begun, monkeypatch, drop, **recipe):
    """Go on with a killed training from a checkpoint that lost something."""
    kept = begun[*sorted(recipe.items())]
    if not kept.exists():
        kill_after(worker, 13, **recipe)[0].checkpoints.folder.rename(kept)
    job = worker.job("resumed", **RECIPE | recipe)
    shutil.copytree(kept, job.checkpoints.folder, dirs_exist_ok=True)
    checkpoint = job.checkpoints.latest()
    with monkeypatch.context() as patched:
        drop(checkpoint, patched)
        folders = [path.name for path in job.checkpoints.folder.iterdir() if path.is_dir()]
        job.checkpoints.seal(checkpoint.name, *folders)
        return weights_and_facts(job, train(job))


@pytest.mark.parametrize("state", LAST)
def test_each_state_is_needed_for_the_last_weights(worker, begun, monkeypatch, state):
    """And the comparison of these tests sees where one is lost."""
    found = resume_without(worker, begun, monkeypatch, LAST[state], select="last")
    assert equal(found, undisturbed(worker, select="last")) == (state == "nothing")


@pytest.mark.parametrize("state", LOOKS)
def test_each_state_is_needed_for_the_selection(worker, begun, monkeypatch, state):
    """The first look is best, the third is the second without gain, after which the training stops."""
    script(worker, *SCORES)
    found = resume_without(worker, begun, monkeypatch, LOOKS[state], epochs=6, patience=2)
    script(worker, *SCORES)
    wanted = undisturbed(worker, *SCORES, epochs=6, patience=2)
    assert wanted[1]["steps"] == 15
    assert equal(found, wanted) == (state == "nothing")
