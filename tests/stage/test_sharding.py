"""A model in pieces on two processes comes to what it comes to in one, and goes on from the same checkpoints."""

import copy
import os
import pickle
import traceback
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
import torch
from msgspec.structs import replace
from torch import distributed

from helpers.changes import before_steps
from helpers.outcomes import KilledError, kill, told, weights
from helpers.tiny_encoders import CONFIG, save_encoder
from xh.spec import StageError
from xh.training import sharding
from xh.training.distributed import _meet
from xh.training.setup import training_setup
from xh.training.trainer import sharded, train, train_in_pieces

RECIPE = {"epochs": 2, "learning_rate": 3e-3}  # 5 steps an epoch, a look at the end of each


def do_together(tmp_path, monkeypatch, work):
    """Have two processes do something, forked off this one; what each of them comes to."""
    monkeypatch.setenv(sharding.SHARD, "1")
    meeting = str(tmp_path / f"meeting-{uuid4()}")
    said = [tmp_path / f"{Path(meeting).name}.{rank}" for rank in range(2)]
    children = {_forked(work, rank, meeting, path): path for rank, path in enumerate(said)}
    for child, path in children.items():
        assert os.waitpid(child, 0)[1] == 0, path.read_text()
    return [pickle.loads(path.read_bytes()) for path in said]


def _forked(work, rank, meeting, path):
    if child := os.fork():
        return child
    code = 1
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the threads of the tokenizers stayed behind
    try:
        _meet(rank, 2, meeting)
        path.write_bytes(pickle.dumps(work(rank)))
        distributed.barrier()
        code = 0
    except BaseException:
        path.write_text(traceback.format_exc())
    finally:
        os._exit(code)


@pytest.fixture
def steady(worker, tmp_path):
    """The worker, whose encoder draws nothing at random: processes would draw otherwise than one."""
    config = copy.deepcopy(CONFIG)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    worker.start = save_encoder("AutoModel", tmp_path / "steady", config)
    return worker


def two(job):
    return replace(job, locations=replace(job.locations, processes=2))


def near(some, others):
    """Within float noise, but for what has no gradient beyond that: AdamW makes steps of any."""
    sure = [name for name in some if not name.endswith("key.bias")]
    return some.keys() == others.keys() and all(torch.allclose(some[k], others[k], atol=1e-6) for k in sure)


def dies(step):
    """A method that ends a training in the step after ``step``."""

    def die(done):
        if done == step:
            raise KilledError

    return before_steps(die)


def test_shards_come_to_the_weights_of_one_process_and_each_goes_on_from_the_others_checkpoints(
    steady, tmp_path, monkeypatch
):
    """One is killed in shards and gone on with by one process, one the other way round; one has its batches cut."""
    alone, pieces, first, last = (steady.job(name, **RECIPE) for name in ("alone", "pieces", "first", "last"))
    wanted = told(train(alone))
    kill(last, 7)

    def work(rank):
        found = told(train_in_pieces(two(pieces), 2))
        train_in_pieces(two(last), 1)
        os.environ["XH_CHECKPOINT_SECONDS"] = "0"
        with pytest.raises(KilledError):
            train_in_pieces(two(replace(first, methods=(dies(7),))), 1)
        return found

    facts, _ = do_together(tmp_path, monkeypatch, work)
    assert facts == wanted | {"processes": 2, "sharded": True, "pieces": 2}
    train(first)
    for job in (pieces, first, last):
        assert near(weights(job), weights(alone)), job.folder.name
        assert not (job.folder / "model-2").exists()
    assert steady.log.count({"message": "resumes after step 7"}) == 1  # that of this process


def test_no_process_has_all_weights_until_they_are_put_together(steady, tmp_path, monkeypatch):
    job = two(steady.job(**RECIPE))

    def work(rank):
        made = training_setup(job)
        size = sum(weight.numel() for weight in made.model.parameters())
        shards = sharded(made, job.recipe)
        own = sum(weight.to_local().numel() for weight in made.model.parameters())
        with shards.whole() as whole:
            put = whole and sum(weight.numel() for weight in whole.model.parameters())
            same = whole is None or (whole.kept is whole.model and whole.model is not made.model)
        return size, own, put, same

    (size, own, put, same), (_, others, nothing, _) = do_together(tmp_path, monkeypatch, work)
    assert own + others >= size > max(own, others)
    assert max(own, others) < 0.6 * size
    assert (put, nothing, same) == (size, None, True)


def test_a_mixture_and_moments_in_eight_bits_are_refused(steady):
    made = training_setup(steady.job())
    with pytest.raises(StageError, match="adamw_8bit"):
        sharded(made, steady.job(optimizer="adamw_8bit").recipe)
    made.parts = {"mood": {}}
    with pytest.raises(StageError, match="can't be divided"):
        sharded(made, steady.job().recipe)


@pytest.mark.parametrize(("gigabytes", "learnt", "there"), [(80, True, False), (20, True, True), (20, False, False)])
def test_what_does_not_fit_one_gpu_is_divided(monkeypatch, gigabytes, learnt, there):
    """A billion weights take 16 GB while they are learnt, 4 if not."""
    monkeypatch.delenv(sharding.SHARD, raising=False)
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    properties = SimpleNamespace(total_memory=gigabytes * 10**9)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    model = torch.nn.Linear(10**5, 10**4, bias=False, device="meta").requires_grad_(learnt)
    assert sharding.needed(model) is there
